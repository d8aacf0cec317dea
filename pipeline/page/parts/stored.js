// The indicators of days and months that the store holds: a table a domain, a row an indicator, its parts on opening it.

import {query} from "../ask.js";
import {element} from "../dom.js";
import {changed, DOMAINS} from "../store.js";
import {count, dayWord, domainWord, monthWord, number, say, storedWords, told} from "../words.js";
import {asked} from "./asked.js";
import {bars, misses} from "./bars.js";
import {icon} from "./icons.js";
import {cityWord} from "./place.js";

const EVERY_MS = 60_000, DAYS = 30, DAY_MS = 86_400_000, MOST_PARTS = 60;
const MINIMUM_SERVICES = ["water", "disaster"];
const PATH = "/api/v1/indicators?";
const opened = new Set();

const ask = (values) => asked(PATH + query(values), EVERY_MS);
const dateAgo = (today, days) => new Date(Date.parse(today) - days * DAY_MS).toISOString().slice(0, 10);

// city: "*" for all of them, added. Months and days come apart: either may be late.
export const storedOf = (city) => ({months: ask({period: "month", city, zone: "*"}), days: ask({period: "day", city, zone: "*"})});

export function stored({months, days}, domain, city) {
  const failure = months.failure && !months.answer ? months.failure : days.failure && !days.answer ? days.failure : "";
  if (failure) return element("p", {class: "state", role: "status", key: "stored-state"}, say("failedStore", {why: failure}));
  if (!months.answer || !days.answer) return element("p", {class: "state", role: "status", key: "stored-state"}, say("loadingPart"));
  const {today, cities} = days.answer;
  const [present, last] = [today.slice(0, 7), dateAgo(`${today.slice(0, 7)}-01`, 1).slice(0, 7)];
  const heads = [say("indicator"), say("soFar", {month: monthWord(present)}), monthWord(last), say("lastDays", {n: DAYS}), say("target")];
  const now = {today, city: city === "*" && cities.length === 1 ? cities[0] : city, months: [present, last], heads};
  const rows = gathered(months.answer, days.answer, now);
  const old = months.failure || days.failure;
  const panels = [...DOMAINS, "*"].filter((each) => !domain || each === domain).map((each) => panel(each, rows.filter((row) => row.domain === each), now));
  const notice = old ? element("p", {class: "chip warning", role: "status", key: "stored-old"}, say("failedStore", {why: old})) : null;
  return panels.some(Boolean) ? [notice, panels] : element("p", {class: "state", key: "stored-state"}, say("noStored"));
}

// A row an indicator and domain, in the order of the definitions; completeness, which says how far to trust the others, last.
function gathered(months, days, {today, months: [present, last]}) {
  const definitions = {...months.definitions, ...days.definitions};
  const made = new Map();
  const at = (row) => {
    const key = `${row.domain}/${row.indicator}`;
    if (!made.has(key)) made.set(key, {key, domain: row.domain, name: row.indicator, unit: row.unit, definition: definitions[row.indicator] ?? {target: null}, days: Array(DAYS).fill(null)});
    return made.get(key);
  };
  for (const row of months.indicators) {
    if (row.date.startsWith(present)) at(row).present = row;
    else if (row.date.startsWith(last)) at(row).last = row;
  }
  for (const row of days.indicators) {
    const place = DAYS - 1 - Math.round((Date.parse(today) - Date.parse(row.date)) / DAY_MS);
    if (place >= 0 && place < DAYS) at(row).days[place] = row;
  }
  const order = Object.keys(definitions).filter((name) => name !== "completeness");
  const place = ({name}) => (order.indexOf(name) + 1 || order.length + 1);
  return [...made.values()].sort((one, other) => place(one) - place(other));
}

function panel(domain, rows, now) {
  if (!rows.length) return null;
  const {heads} = now;
  return element("section", {class: `panel stored ${domain === "*" ? "alarms" : domain}`, key: `stored-${domain}`, "data-domain": domain, "aria-labelledby": `stored-${domain}`},
    element("header", {class: "title"}, icon(domain), element("h2", {id: `stored-${domain}`}, domain === "*" ? say("alarmSystem") : domainWord(domain)),
      MINIMUM_SERVICES.includes(domain) ? element("span", {class: "chip"}, say("minimumService")) : null),
    element("table", {}, element("thead", {}, element("tr", {}, heads.map((head) => element("th", {scope: "col"}, head)))),
      element("tbody", {}, rows.flatMap((row) => [line(row, heads), opened.has(row.key) ? inside(row, now) : null]))));
}

function line({key, name, unit, definition, present, last, days}, heads) {
  const open = opened.has(key);
  const turn = () => { if (!opened.delete(key)) opened.add(key); changed(); };
  const [title, , why] = storedWords(name);
  const course = courseWords(days, unit);
  const idle = !present?.value && !last?.value && days.every((day) => !day?.value);
  return element("tr", {key, class: `indicator ${idle ? "idle" : ""}`, "data-indicator": name},
    element("th", {scope: "row"}, element("button", {type: "button", class: "open", "aria-expanded": String(open), "aria-controls": `in-${key}`, onclick: turn}, title), why ? element("small", {}, why) : null),
    element("td", {class: "present", title: parts(present)}, told(present?.value, unit)),
    element("td", {class: "last", title: parts(last), "data-head": heads[2]}, told(last?.value, unit)),
    element("td", {class: "course"}, bars(days.map((day) => day?.value ?? null), `${title}, ${heads[3]}: ${course}`, {share: unit === "%", target: definition.target}), element("small", {"aria-hidden": "true"}, course)),
    element("td", {class: "target"}, verdict(definition.target, present?.value, unit)));
}

const parts = (row) => (row ? `${number(row.numerator)} / ${number(row.denominator)}` : null);

function courseWords(days, unit) {
  const known = days.map((day) => day?.value ?? null).filter((value) => value !== null);
  if (!known.length) return say("noDays");
  const [low, high] = [Math.min(...known), Math.max(...known)].map((value) => told(value, unit));
  return low === high ? low : say("fromTo", {low, high});
}

function verdict(target, value, unit) {
  if (!target) return null;
  const text = `${target.sign} ${told(target.value, unit)}`;
  const chip = value === null || value === undefined ? element("span", {class: "chip"}, text) : misses(value, target) ? element("span", {class: "chip warning"}, say("missed", {target: text})) : element("span", {class: "chip good"}, say("met", {target: text}));
  return [chip, element("small", {}, target.source)];
}

// What an indicator is made of: its zones (or cities, where they are added) and its days.
function inside(row, now) {
  const {key, name, domain, unit, present, last, days} = row;
  const since = Math.min(...[present, last].filter(Boolean).map((each) => each.time));
  const whose = now.city === "*" ? {zone: "*"} : {city: now.city};
  const found = Number.isFinite(since) ? ask({period: "month", ...whose, domain, indicator: name, from: since}) : {answer: {indicators: []}};
  const [, of] = storedWords(name);
  const columns = [say("value"), say("numerator"), say("denominator")];
  const dated = days.map((day, place) => [day, dateAgo(now.today, DAYS - 1 - place)]).filter(([day]) => day).reverse();
  return element("tr", {key: `in-${key}`, class: "inside"}, element("td", {colspan: now.heads.length, id: `in-${key}`},
    element("p", {}, present ? [element("b", {}, parts(present)), of ? ` ${of}. ` : " "] : null, element("span", {class: "quiet"}, say(now.city === "*" ? "addedText" : "dividedText"))),
    element("div", {class: "split"},
      part(say(now.city === "*" ? "byCity" : "byZone"), found.answer ? byPart(found.answer.indicators, row, now, columns) : element("p", {class: "state", role: "status"}, found.failure ? say("failedStore", {why: found.failure}) : say("loadingPart"))),
      part(say("byDay"), dated.length ? grid([say("day"), ...columns], dated.map(([day, date]) => [dayWord(date), told(day.value, unit), number(day.numerator), number(day.denominator)])) : element("p", {class: "state"}, say("noDays"))))));
}

const part = (title, content) => element("div", {key: title}, element("h3", {}, title), content);
const grid = (heads, rows) => element("div", {class: "scroll tall", tabindex: "0", role: "group", "aria-label": heads[0]}, element("table", {}, element("thead", {}, element("tr", {}, heads.map((head) => element("th", {scope: "col"}, head)))),
  element("tbody", {}, rows.map(([first, ...cells]) => element("tr", {}, element("th", {scope: "row"}, first), cells.map((cell) => element("td", {}, cell)))))));

// The worst part first, where one of two numbers is the worse one.
function byPart(rows, {unit, definition}, {city, months: [present, last], heads}, columns) {
  const made = new Map();
  for (const row of rows) {
    const name = city === "*" ? row.city : row.zone;
    if (name === "*") continue;
    if (!made.has(name)) made.set(name, {name});
    if (row.date.startsWith(present)) made.get(name).present = row;
    else if (row.date.startsWith(last)) made.get(name).last = row;
  }
  const sign = {more: -1, less: 1}[definition.worse] ?? 0;
  const value = ({present: row}) => row?.value ?? -sign * Infinity;
  const sorted = [...made.values()].sort((one, other) => (sign && value(one) !== value(other) ? sign * (value(one) - value(other)) : one.name.localeCompare(other.name)));
  if (!sorted.length) return element("p", {class: "state"}, say("noParts"));
  const named = (name) => (city === "*" ? cityWord(name) : element("a", {href: `#/zone/${[city, name].map(encodeURIComponent).join("/")}`, class: "plain-link"}, name));
  const shown = sorted.slice(0, MOST_PARTS).map((each) => [named(each.name), told(each.present?.value, unit), number(each.present?.numerator), number(each.present?.denominator), told(each.last?.value, unit)]);
  return [grid([say(city === "*" ? "city" : "zone"), ...columns, heads[2]], shown), sorted.length > MOST_PARTS ? element("p", {class: "quiet"}, say("moreText", {n: count(sorted.length - MOST_PARTS)})) : null];
}
