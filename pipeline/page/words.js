// Words in the chosen language; and numbers, units and times as people write them.

import english from "./words.en.js";
import indonesian from "./words.id.js";
import {now} from "./store.js";

const WORDS = {id: indonesian, en: english};
const UNITS = {m3: "m³", "m3/h": "m³/h", degC: "°C", deg: "°", "ug/m3": "µg/m³", "cm/s2": "cm/s²", 1: "", pH: ""};

export let language = initial();

function initial() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("nadi.lang");
  if (asked && Object.hasOwn(WORDS, asked)) return asked;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "id";
}

export function switchLanguage() {
  language = language === "id" ? "en" : "id";
  localStorage.setItem("nadi.lang", language);
}

// Names come from gateways: one that is called like a method of objects is a name all the same.
const own = (map, key) => (Object.hasOwn(map, key) ? map[key] : undefined);

export function say(key, values = {}) {
  const text = own(WORDS[language], key) ?? key;
  return typeof text === "string" ? text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "") : text;
}

const from = (map) => (key) => own(WORDS[language][map], key) ?? String(key).replaceAll("_", " ");
export const reasonWord = from("reasons");
export const quantityWord = from("quantities");
export const stateWord = from("states");
export const indicatorWord = from("indicatorNames");
export const incidentsWord = (number_) => (number_ === 1 ? say("incidentOf") : say("incidentsOf", {n: count(number_)}));
export const eventWord = from("events");
export const actionWord = from("actions");
export const kindWord = (kind) => own(WORDS[language].kinds, kind)?.[0] ?? kind.replaceAll("-", " ");
export const reasonText = (each) => each.reasons?.[language] ?? each.reason;
export const advice = (kind) => own(WORDS[language].kinds, kind)?.[1] ?? "";
export const severityWord = (severity) => say(severity === "critical" ? "criticalWord" : severity);
export const domainWord = (domain) => (domain === "*" ? say("everywhere") : say(domain));
export const zoneWord = (zone) => (zone === "*" ? say("everywhere") : zone);
export const unitText = (unit) => own(UNITS, unit ?? "") ?? own(WORDS[language].units, unit ?? "") ?? unit ?? "";
// Of a stored indicator: its name, what is divided by what, and how it is measured.
export const storedWords = (name) => own(WORDS[language].storedNames, name) ?? [name.replaceAll("-", " ")];
export const flagWords = (flags) => Object.entries(WORDS[language].flags).filter(([bit]) => flags & Number(bit)).map(([, word]) => word);

// To make one takes far longer than to use it, and a view writes hundreds of numbers.
const formats = new Map();

function decimals(most) {
  const key = `${language}${most}`;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(language, {maximumFractionDigits: most}));
  return formats.get(key);
}

export function number(value, digits) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return decimals(digits ?? (size >= 100 ? 0 : size >= 10 ? 1 : 2)).format(value);
}

// The grid's frequency is read to the hundredth; for all else three digits say enough.
export const reading = (value, unit) => number(value, unit === "Hz" ? 2 : undefined);
export const measured = (value, unit) => [reading(value, unit), unitText(unit)].filter(Boolean).join(" ");
// Rounded down, so that 100 % means all.
export const percent = (value) => (value === null || value === undefined ? "–" : `${number(Math.floor(value * 10) / 10, 1)} %`);

// Shares to a tenth; neither all nor nothing is said unless it is so.
export function told(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit !== "%") return measured(value, unit);
  return value > 0 && value < 0.05 ? `< ${number(0.1, 1)} %` : value > 99.9 && value < 100 ? percent(value) : `${number(value, 1)} %`;
}

// 1,234 as it is, 1.2M and so on above: a count that fits a small place.
export function count(value) {
  if (value === null || value === undefined) return "–";
  return new Intl.NumberFormat(language, value < 1e5 ? {} : {notation: "compact", maximumFractionDigits: 1}).format(value);
}

export function bytes(value) {
  const step = Math.max(0, Math.min(4, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
  return `${number(value / 1000 ** step)} ${["B", "kB", "MB", "GB", "TB"][step]}`;
}

export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 3) return say("now");
  if (seconds < 90) return say("seconds", {n: seconds});
  if (seconds < 5400) return say("minutes", {n: Math.round(seconds / 60)});
  if (seconds < 129600) return say("hours", {n: Math.round(seconds / 3600)});
  return say("days", {n: Math.round(seconds / 86400)});
}

export function span(seconds) {
  const [milliseconds, second, minute, hour, day] = WORDS[language].spans;
  if (seconds < 1) return `${number(seconds * 1000, 0)} ${milliseconds}`;
  if (seconds < 120) return `${number(seconds, seconds < 10 ? 1 : 0)} ${second}`;
  if (seconds < 7200) return `${number(seconds / 60, 0)} ${minute}`;
  return seconds < 172800 ? `${number(seconds / 3600, 0)} ${hour}` : `${number(seconds / 86400, 0)} ${day}`;
}

// Times are the city's, as in its alerts, wherever the browser is. Indonesia has three zones, which people know by these names.
const ZONES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Ujung_Pandang": "WITA", "Asia/Jayapura": "WIT"};
export let zone;

export function liveIn(name) {
  if (!name || name === zone) return;
  try {
    new Intl.DateTimeFormat(language, {timeZone: name});
    zone = name;
  } catch { /* a zone that the browser does not know: its own, by its name */ }
}

export function zoneName() {
  const name = zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return own(ZONES, name) ?? name;
}

export const clock = (options) => (milliseconds) => new Intl.DateTimeFormat(language, {hourCycle: "h23", timeZone: zone, ...options}).format(milliseconds);
export const timeOfDay = clock({hour: "2-digit", minute: "2-digit", second: "2-digit"});
export const hourMinute = clock({hour: "2-digit", minute: "2-digit"});
export const dateTime = clock({day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit"});
const calendar = (options) => (date) => new Intl.DateTimeFormat(language, {timeZone: "UTC", ...options}).format(Date.parse(date));
export const dayWord = calendar({weekday: "short", day: "numeric", month: "short"});
export const monthWord = calendar({month: "short", year: "numeric"});
// The hour alone on the same day, with the day where it is another one.
const date = clock({year: "numeric", month: "numeric", day: "numeric"});
export const when = (milliseconds) => (date(milliseconds) === date(now()) ? hourMinute(milliseconds) : dateTime(milliseconds));
