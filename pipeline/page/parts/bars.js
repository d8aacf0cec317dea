// A value a day, oldest first, null where there is none: bars that stand on zero, or, for shares that are all near 100 %,
// dots on an axis of their own. What misses the target is marked, the last day is not over yet.

import {svg} from "../dom.js";

const STEP = 6, BAR = 4.4, HEIGHT = 40, TOP = 4, FOOT = 37;
const NEAR_ALL = 80;

export function bars(values, label, {share = false, target = null} = {}) {
  const width = values.length * STEP;
  const drawing = svg("svg", {viewBox: `0 0 ${width} ${HEIGHT}`, class: "days", preserveAspectRatio: "none", role: "img", "aria-label": label}, svg("path", {d: `M0 ${FOOT}.5H${width}`, class: "base"}));
  const known = values.filter((value) => value !== null);
  if (!known.length) return drawing;
  const all = target === null ? known : [...known, target.value];
  const dots = share && Math.min(...known) >= NEAR_ALL;
  const low = dots ? Math.min(95, Math.floor(Math.min(...all) / 5) * 5) : 0;
  const high = dots ? 100 : Math.max(...all) || 1;
  const y = (value) => round(FOOT - Math.max(0, Math.min(1, (value - low) / (high - low))) * (FOOT - TOP));
  const mark = dots ? (place, value) => `M${round(place * STEP + BAR / 2)} ${y(value)}h.01` : (place, value) => `M${round(place * STEP)} ${FOOT}V${y(value)}h${BAR}V${FOOT}z`;
  const kinds = {met: "", missed: "", "met today": "", "missed today": ""};
  values.forEach((value, place) => {
    if (value !== null) kinds[`${misses(value, target) ? "missed" : "met"}${place === values.length - 1 ? " today" : ""}`] += mark(place, value);
  });
  drawing.append(...Object.entries(kinds).filter(([, d]) => d).map(([kind, d]) => svg("path", {d, class: `${dots ? "dots-of" : "bar-of"} ${kind}`})));
  if (target !== null) drawing.append(svg("path", {d: `M0 ${y(target.value)}H${width}`, class: "aim"}));
  return drawing;
}

export const misses = (value, target) => target !== null && (target.sign === "≥" ? value < target.value : value > target.value);

const round = (value) => Math.round(value * 10) / 10;
