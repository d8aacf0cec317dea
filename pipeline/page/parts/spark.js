// A line through `values` (numbers or null, oldest first), filled below, its last point marked.

import {svg} from "../dom.js";

const WIDTH = 200, HEIGHT = 44, MOST = 120;

export function spark(values, label) {
  const drawing = svg("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "spark", preserveAspectRatio: "none", role: "img", "aria-label": label});
  const step = Math.max(1, Math.ceil(values.length / MOST));
  const points = values.filter((_, place) => (values.length - 1 - place) % step === 0);
  const known = points.filter((value) => value !== null);
  if (known.length < 2) return drawing;
  let low = Math.min(...known), high = Math.max(...known);
  // A flat line belongs in the middle, and noise of a few per mille is not a mountain.
  const least = Math.max(Math.abs(high) * 0.04, 1e-9);
  if (high - low < least) [low, high] = [(low + high - least) / 2, (low + high + least) / 2];
  const x = (place) => round((place / (points.length - 1)) * (WIDTH - 6) + 3);
  const y = (value) => round(HEIGHT - 5 - ((value - low) / (high - low)) * (HEIGHT - 10));
  let line = "", pen = "M", first = null, last = null;
  points.forEach((value, place) => {
    if (value === null) { pen = "M"; return; }
    line += `${pen}${x(place)} ${y(value)}`;
    pen = "L";
    first ??= place;
    last = place;
  });
  drawing.append(
    svg("path", {d: `${line.replace(/(?!^)M/g, "L")}L${x(last)} ${HEIGHT}L${x(first)} ${HEIGHT}Z`, class: "area"}),
    svg("path", {d: line, class: "line"}),
    svg("path", {d: `M${x(last)} ${y(points[last])}h.01`, class: "tip"}),
  );
  return drawing;
}

const round = (value) => Math.round(value * 10) / 10;

// A bar, `share` of 1 filled. level: good, warning, critical.
export function meter(share, level, label) {
  const filled = Math.max(0, Math.min(1, share));
  return svg("svg", {viewBox: "0 0 100 6", class: `meter ${level}`, preserveAspectRatio: "none", role: "img", "aria-label": label},
    svg("rect", {width: 100, height: 6, class: "track"}), svg("rect", {width: round(filled * 100), height: 6, class: "fill"}));
}
