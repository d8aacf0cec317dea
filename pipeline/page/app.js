// Asks /api/v1/status each second and shows it. The shape of the answer: docs/api.md.

import {History} from "./history.js";
import * as parts from "./parts.js";
import {ago, language, say, switchLanguage, timeOfDay} from "./words.js";

const EVERY_MS = 1000;
const EVERY_HIDDEN_MS = 15_000;
const PATIENCE_MS = 5000;
const RECENT_MS = 15 * 60_000;
const SILENT_MS = 180_000;
const PLACES = 4;

const place = (id) => document.getElementById(id);
const history = new History();
let status = null;
let reachedAt = 0;
let failing = false;

// The one judgement of the page: how the city is, and in which words.
function judge() {
  const since = Date.now() - reachedAt;
  if (!status) return failing ? {mood: "lost", text: say("neverReached")} : {mood: "loading", text: ""};
  if (failing) return {mood: "lost", text: say("lostSince", {ago: ago(since)})};
  const newest = Math.max(0, ...Object.values(status.domains).flatMap((domain) => domain.latest.map((row) => row.time)));
  const age = status.now - newest;
  const last = newest ? say(age > SILENT_MS ? "silentSince" : "fresh", {ago: ago(age)}) : say("noDataYet");
  const {critical, warning, where} = alarms();
  const found = `${say("found", {critical, warning, where})} ${last}`;
  // What is dangerous comes before what is unseen, and that before what is only unusual.
  if (critical) return {mood: "critical", text: found};
  if (!status.ready) return {mood: "blind", text: last};
  if (!newest || age > SILENT_MS) return {mood: "silent", text: last};
  return warning ? {mood: "attention", text: found} : {mood: "well", text: `${say("quiet")} ${last}`};
}

// How many recent anomalies of each severity, and where, the worst first.
function alarms() {
  const recent = status.anomalies.filter((found) => found.severity !== "info" && status.now - found.time < RECENT_MS);
  const of = (severity) => recent.filter((found) => found.severity === severity);
  const worstFirst = [...of("critical"), ...of("warning")];
  const places = [...new Set(worstFirst.map((found) => `${say(found.domain)} (${found.zone})`))];
  const where = places.slice(0, PLACES).join(", ") + (places.length > PLACES ? ", …" : "");
  return {critical: of("critical").length, warning: of("warning").length, where};
}

// Only what differs is written, so that a screen reader does not repeat an unchanged headline.
function write(id, text) {
  const target = place(id);
  if (target.textContent !== text) target.textContent = text;
}

function show() {
  const {mood, text} = judge();
  document.body.dataset.mood = mood;
  document.documentElement.lang = language;
  write("headline", say(mood));
  write("summary", text);
  write("language", say("otherLanguage"));
  write("theme", say(isDark() ? "light" : "dark"));
  write("incidents-title", say("incidents"));
  write("anomalies-title", say("anomalies"));
  write("pipeline-title", say("pipeline"));
  document.title = `${mood === "loading" ? "" : `${say(mood)} · `}nadi`;
  // Drawing anew would take away what somebody is just marking to copy.
  if (!status || !getSelection().isCollapsed) return;
  write("city", status.city ? say("city", {city: status.city}) : "");
  write("clock", say("updated", {time: timeOfDay(reachedAt)}));
  parts.problems(place("problems"), failing ? [] : status.problems);
  parts.figures(place("figures"), status);
  parts.domains(place("domains"), status, history);
  parts.incidents(place("incidents"), status);
  parts.anomalies(place("anomalies"), status);
  parts.pipeline(place("pipeline"), status);
  write("foot", parts.foot(status));
}

async function ask() {
  try {
    const answer = await fetch("/api/v1/status", {signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store"});
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    status = await answer.json();
    history.take(status);
    reachedAt = Date.now();
    failing = false;
  } catch {
    failing = true;
  }
  show();
  setTimeout(ask, document.hidden ? EVERY_HIDDEN_MS : EVERY_MS);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : !matchMedia("(prefers-color-scheme: light)").matches;
}

function chooseTheme(name) {
  document.documentElement.dataset.theme = name;
  localStorage.setItem("nadi.theme", name);
}

const kept = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem("nadi.theme");
if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
place("language").addEventListener("click", () => { switchLanguage(); show(); });
place("theme").addEventListener("click", () => { chooseTheme(isDark() ? "light" : "dark"); show(); });
parts.skeleton(place("domains"));
show();
ask();
