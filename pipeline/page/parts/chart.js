// Charts over time, drawn by uPlot, which is fetched when the first one is wanted.

import {element} from "../dom.js";
import {clock, language, number, timeOfDay, zone} from "../words.js";

const HEIGHT = 260;
const drawn = new WeakMap();
let library = null;

function fetchLibrary() {
  library ??= new Promise((resolve, reject) => {
    document.head.append(element("link", {rel: "stylesheet", href: "/page/vendor/uPlot.min.css"}));
    const script = element("script", {src: "/page/vendor/uPlot.iife.min.js"});
    script.onload = () => resolve(window.uPlot);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

// series: [{label, colour, values, kind: "line" | "points" | "dash", width}], band: [low, high] places of series,
// marks: [{time, colour}]; times in ms. What it shows is said in `label` for those who can't see it.
export const chart = (key, label, spec) =>
  element("div", {class: "chart", key: `chart-${key}`, keep: "1", role: "img", "aria-label": label, spec: {...spec, sign: JSON.stringify([spec.times.at(-1), spec.times.length, spec.from, spec.to, spec.version ?? ""])}});

// Draw what is wanted and not drawn yet. Called after the page was brought up to date.
export async function drawCharts(root) {
  const wanted = [...root.querySelectorAll(".chart[data-keep]")].filter((place) => drawn.get(place)?.sign !== signOf(place));
  if (!wanted.length) return;
  const uPlot = await fetchLibrary();
  for (const place of wanted) if (place.isConnected) draw(uPlot, place);
}

const signOf = (place) => `${place.spec.sign}${document.documentElement.dataset.shown}${language}${zone}${place.clientWidth}`;

function draw(uPlot, place) {
  drawn.get(place)?.plot.destroy();
  place.replaceChildren();
  const style = getComputedStyle(place);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const {times, series, band, marks = [], from, to, unit} = place.spec;
  const axis = {stroke: colour("quiet"), grid: {stroke: colour("edge"), width: 1}, ticks: {stroke: colour("edge"), width: 1}, font: "12px system-ui, sans-serif"};
  const plot = new uPlot({
    width: place.clientWidth, height: HEIGHT,
    cursor: {drag: {x: false, y: false}},
    legend: {show: false},
    scales: {x: {time: true, range: from ? [from / 1000, to / 1000] : undefined}, y: {range: (_, low, high) => room(low, high)}},
    tzDate: (seconds) => (zone ? uPlot.tzDate(new Date(seconds * 1000), zone) : new Date(seconds * 1000)),
    axes: [{...axis, values: clockLabels, space: 70}, {...axis, size: 62, values: (_, splits) => splits.map((value) => number(value))}],
    series: [{}, ...series.map((one) => seriesOf(one, colour))],
    bands: band ? [{series: [band[1] + 1, band[0] + 1], fill: `${colour("band")}`}] : [],
    hooks: {draw: [(self) => drawMarks(self, marks, colour)], setCursor: [(self) => tell(self, series, unit)]},
  }, [times.map((time) => time / 1000), ...series.map((one) => one.values)], place);
  place.append(element("p", {class: "readout"}));
  drawn.set(place, {plot, sign: signOf(place)});
}

// What is under the pointer, in words below the chart.
function tell(self, series, unit) {
  const {idx} = self.cursor;
  const readout = self.root.parentElement?.querySelector(".readout");
  if (!readout) return;
  if (idx === null || idx === undefined) { readout.textContent = ""; return; }
  const parts = series.flatMap(({label, values, silent}) => (silent || values[idx] === null ? [] : [`${label} ${number(values[idx])}`]));
  readout.textContent = `${timeOfDay(self.data[0][idx] * 1000)} · ${parts.join(" · ")} ${unit ?? ""}`;
}

function room(low, high) {
  if (low === null || high === null) return [0, 1];
  const pad = Math.max((high - low) * 0.08, Math.abs(high) * 0.01, 1e-6);
  return [low - pad, high + pad];
}

const clockLabels = (_, splits, __, ___, step) => {
  const hours = {hour: "2-digit", minute: "2-digit"};
  const label = clock(step >= 86400 ? {day: "numeric", month: "short"} : step < 60 ? {...hours, second: "2-digit"} : hours);
  return splits.map((seconds) => label(seconds * 1000));
};

function seriesOf({label, colour: name, kind = "line", width = 1.6}, colour) {
  const stroke = colour(name);
  const shared = {label, stroke};
  if (kind === "points") return {...shared, paths: () => null, points: {show: true, size: 3.5, fill: stroke, width: 0}};
  if (kind === "marks") return {...shared, paths: () => null, points: {show: true, size: 9, fill: "transparent", width: 2}};
  return {...shared, width, dash: kind === "dash" ? [6, 5] : undefined, points: {show: false}, spanGaps: kind === "dash"};
}

function drawMarks(self, marks, colour) {
  const {ctx, bbox} = self;
  for (const {time, colour: name} of marks) {
    const x = Math.round(self.valToPos(time / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.strokeStyle = colour(name);
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }
}
