// The past of a series as a chart: readings, windows, expected range, limits, and what was flagged.

import {get, query} from "../ask.js";
import {element} from "../dom.js";
import {changed, state} from "../store.js";
import {flagWords, number, quantityWord, say, span, unitText} from "../words.js";
import {stale} from "./asked.js";
import {chart} from "./chart.js";

const FRESH_MS = 5000;
const FAIL = 512, SUSPECT = 256;
const kept = new Map();

// The answer to /api/v1/series, asked for when it is first wanted, and again while it is looked at.
export function past(series, from, to, live) {
  const key = JSON.stringify([series, from, to]);
  const known = kept.get(key);
  const age = Date.now() - (known?.asked ?? 0);
  if (!known || (live && !known.asking && age > FRESH_MS)) {
    const entry = {...known, asked: Date.now(), asking: true};
    if (kept.size > 20) kept.delete(kept.keys().next().value);
    kept.set(key, entry);
    const end = live ? (state.pulse?.now ?? Date.now()) : to;
    get(`/api/v1/series?${query({...series, from: live ? end - (to - from) : from, to: end})}`)
      .then((answer) => kept.set(key, {answer, asked: Date.now()}), (error) => kept.set(key, {answer: entry.answer, failure: error.message, asked: Date.now()}))
      .finally(changed);
  }
  return kept.get(key);
}

export function pastChart(key, {answer, failure} = {}, quantity, {marks = [], label} = {}) {
  if (failure && !answer) return element("p", {class: "state"}, say("failedStore", {why: failure}));
  if (!answer) return element("div", {class: "chart waiting", key: `wait-${key}`, role: "status"}, say("loadingPart"));
  if (!answer.store) return element("p", {class: "state"}, say("noStore"));
  if (failure) return [stale(failure), pastChart(key, {answer}, quantity, {marks, label})];
  const {readings, windows, band} = answer;
  if (!readings.time.length && !windows.start.length) return element("p", {class: "state"}, say("noPast"));
  const middle = windows.start.map((start) => start + windows.length / 2);
  const times = [...new Set([...readings.time, ...middle])].sort((one, other) => one - other);
  const onto = (at, values) => {
    const by = new Map(at.map((time, place) => [time, values[place]]));
    return times.map((time) => by.get(time) ?? null);
  };
  // Lines of windows go on between the readings' times.
  const along = (values) => filled(times, middle, values);
  const series = [
    ...(band ? [{label: say("minimum"), colour: "band-edge", values: along(band.low), kind: "dash", width: 1}, {label: say("maximum"), colour: "band-edge", values: along(band.high), kind: "dash", width: 1}] : []),
    {label: say("raw"), colour: "raw", values: onto(readings.time, readings.mean), kind: "points"},
    {label: say("window", {length: span(windows.length / 1000)}), colour: "accent", values: along(windows.mean), width: 2.2},
    ...limitLines(quantity, times.length, readings, windows),
    ...doubted(readings, onto),
  ];
  return chart(key, label ?? quantityWord(quantity.quantity), {times, series, band: band ? [0, 1] : null, marks, from: answer.from, to: answer.to, unit: unitText(quantity.unit), version: series.length});
}

function filled(times, at, values) {
  const made = [];
  let next = 0;
  for (const time of times) {
    while (next < at.length && at[next] < time) next++;
    if (at[next] === time) { made.push(values[next]); continue; }
    const before = values[next - 1], after = values[next];
    // Not across a hole.
    if (next === 0 || next >= at.length || before === null || after === null || at[next] - at[next - 1] > 3 * (at[1] - at[0])) { made.push(null); continue; }
    made.push(before + ((after - before) * (time - at[next - 1])) / (at[next] - at[next - 1]));
  }
  return made;
}

// A limit is drawn where the readings come near it; else it would squeeze them to a line.
function limitLines({low, high}, size, readings, windows) {
  const values = [...readings.min, ...readings.max, ...windows.mean].filter((value) => value !== null);
  const least = Math.min(...values), most = Math.max(...values), reach = Math.max(most - least, Math.abs(most) * 0.1);
  return [low, high]
    .filter((limit) => limit !== null && limit !== undefined && limit > least - reach && limit < most + reach)
    .map((limit) => ({label: say("limits"), colour: "critical", values: Array(size).fill(limit), kind: "dash", width: 1.4, silent: true}));
}

function doubted(readings, onto) {
  const bad = readings.time.map((_, place) => Boolean(readings.flags[place] & (FAIL | SUSPECT)));
  if (!bad.some(Boolean)) return [];
  return [{label: say("flagsWord"), colour: "warning", values: onto(readings.time, readings.mean.map((value, place) => (bad[place] ? value : null))), kind: "marks", silent: true}];
}

// What the chart shows, in words beside it.
export function legend({answer} = {}, quantity) {
  if (!answer?.store) return null;
  const {band, windows} = answer;
  const item = (name, text) => element("li", {}, element("span", {class: `swatch ${name}`, "aria-hidden": "true"}), text);
  return element("ul", {class: "legend"},
    item("raw", say("raw")), item("mean", say("window", {length: span(windows.length / 1000)})),
    band ? item("band", `${say("band")} (${say("bandSources")[band.source]})`) : null,
    quantity.high !== null || quantity.low !== null ? item("limit", say("limits") + bounds(quantity)) : null);
}

function bounds({low, high, unit}) {
  const texts = [low !== null ? `≥ ${number(low)}` : "", high !== null ? `≤ ${number(high)}` : ""].filter(Boolean);
  return texts.length ? `: ${texts.join(", ")} ${unitText(unit)}` : "";
}

// How often each flag stands in what is shown, with the last time.
export function flagRows({answer} = {}) {
  const found = new Map();
  if (answer?.readings) answer.readings.flags.forEach((flags, place) => {
    for (const word of flagWords(flags)) found.set(word, {count: (found.get(word)?.count ?? 0) + answer.readings.count[place], time: answer.readings.time[place]});
  });
  return [...found];
}
