// What the city reports of its days and months, and below it what the analytics know now beside alarms.

import {element} from "../dom.js";
import {asked, whenThere} from "../parts/asked.js";
import {icon} from "../parts/icons.js";
import {cityWord} from "../parts/place.js";
import {stored, storedOf} from "../parts/stored.js";
import {DOMAINS} from "../store.js";
import {count, dateTime, domainWord, indicatorWord, measured, number, say, timeOfDay} from "../words.js";
import {table} from "./device.js";

const EVERY_MS = 10_000, MOST_ROWS = 200;
const KNOWN = ["domain", "city", "zone", "device", "quantity", "indicator", "value", "unit", "time"];

const address = (domain, city) => (city === "*" ? `#/indicators${domain && `/${domain}`}` : `#/indicators/${domain || "*"}/${encodeURIComponent(city)}`);

export function indicators([wanted = "", city = "*"]) {
  const domain = wanted === "*" ? "" : wanted;
  const link = (name, text) => element("a", {href: address(name, city), "aria-current": name === domain ? "true" : null}, text);
  const known = storedOf(city);
  return element("div", {class: "page", key: "indicators"},
    element("header", {class: "title"}, element("h1", {}, say("indicators")), cityChoice((known.days.answer ?? known.months.answer)?.cities ?? [], domain, city), element("nav", {class: "tabs", "aria-label": say("filter")}, link("", say("all")), DOMAINS.map((each) => link(each, domainWord(each))))),
    stored(known, domain, city),
    element("h2", {class: "live-title", key: "live-title"}, say("knownNow")),
    whenThere(asked(`/api/v1/indicators${domain && `?domain=${domain}`}`, EVERY_MS), ({indicators: rows, count: all}) => {
      const mine = rows.filter((row) => (!domain || row.domain === domain) && (city === "*" || !row.city || row.city === city));
      if (!mine.length) return element("p", {class: "state"}, say("noIndicators"));
      const cut = rows.length < all ? element("p", {class: "chip warning", role: "status", key: "cut"}, say("cutTo", {n: count(rows.length), all: count(all)})) : null;
      return [cut, ...[...Map.groupBy(mine, (row) => `${row.domain}/${row.indicator}`)].map(([key, group]) => part(key, group))];
    }));
}

// Where there are several: all of them added, or one.
function cityChoice(cities, domain, city) {
  if (cities.length < 2) return null;
  return element("select", {key: `city-${city}`, "aria-label": say("city"), onchange: (event) => { location.hash = address(domain, event.target.value); }},
    ["*", ...cities].map((each) => element("option", {value: each, selected: each === city}, each === "*" ? say("allCities", {n: count(cities.length)}) : cityWord(each))));
}

function part(key, rows) {
  const [domain, name] = key.split("/");
  const worth = rows.filter((row) => row.value !== null).sort((one, other) => other.value - one.value);
  const extra = [...new Set(rows.flatMap(Object.keys))].filter((column) => !KNOWN.includes(column)).slice(0, 4);
  const shown = [...worth, ...rows.filter((row) => row.value === null)].slice(0, MOST_ROWS);
  const many = shown.length < rows.length ? say("shownOf", {n: count(shown.length), all: count(rows.length)}) : say("shown", {n: count(rows.length)});
  return element("details", {class: "panel", key, open: rows.length <= 12},
    element("summary", {}, icon(domain), element("h3", {}, indicatorWord(name)), element("span", {class: "quiet"}, many)),
    table([say("where"), say("value"), ...extra.map((column) => column.replaceAll("_", " ")), say("time")],
      shown.map((row) => [[row.zone, row.device, row.quantity].filter((part_) => part_ && part_ !== "*").join(" · ") || cityWord(row.city ?? ""), measured(row.value, row.unit), ...extra.map((column) => plain(column, row[column])), row.time ? timeOfDay(row.time) : ""])));
}

function plain(column, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return value > 1e11 ? dateTime(value) : number(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
