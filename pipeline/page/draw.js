// Small drawings, as SVG elements; and the one way in which the page makes elements (never from text).

const SVG = "http://www.w3.org/2000/svg";

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function svg(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const round = (value) => Math.round(value * 10) / 10;

// A line through `values` (numbers, oldest first), filled below, its last point marked.
export function sparkline(values, {width = 120, height = 32, fromZero = false} = {}) {
  const drawing = svg("svg", {viewBox: `0 0 ${width} ${height}`, class: "spark", preserveAspectRatio: "none", "aria-hidden": "true"});
  if (values.length < 2) return drawing;
  let low = Math.min(...values), high = Math.max(...values);
  if (fromZero) low = Math.min(0, low);
  // A flat line belongs in the middle, and noise of a few per mille is not a mountain.
  const least = Math.max(Math.abs(high) * 0.02, 1e-9);
  if (high - low < least) [low, high] = [(low + high - least) / 2, (low + high + least) / 2];
  const x = (place) => round((place / (values.length - 1)) * (width - 4) + 2);
  const y = (value) => round(height - 3 - ((value - low) / (high - low)) * (height - 6));
  const line = values.map((value, place) => `${place ? "L" : "M"}${x(place)} ${y(value)}`).join("");
  drawing.append(
    svg("path", {d: `${line}L${x(values.length - 1)} ${height}L${x(0)} ${height}Z`, class: "area"}),
    svg("path", {d: line, class: "line"}),
  );
  return drawing;
}

// Where `value` lies beside its expected range: a band and a mark.
export function range(value, low, high) {
  const width = 96, height = 14;
  const ends = [value, low, high].filter((one) => one !== null && Number.isFinite(one));
  const drawing = svg("svg", {viewBox: `0 0 ${width} ${height}`, class: "range", "aria-hidden": "true"});
  if (ends.length < 2 || value === null) return drawing;
  const pad = (Math.max(...ends) - Math.min(...ends) || 1) * 0.12;
  const from = Math.min(...ends) - pad, to = Math.max(...ends) + pad;
  const x = (one) => round(((one - from) / (to - from)) * width);
  const left = low === null ? 0 : x(low), right = high === null ? width : x(high);
  drawing.append(
    svg("rect", {x: 0, y: 6, width, height: 2, rx: 1, class: "track"}),
    svg("rect", {x: left, y: 3, width: Math.max(2, right - left), height: 8, rx: 3, class: "band"}),
    svg("circle", {cx: x(value), cy: 7, r: 4.5, class: "mark"}),
  );
  return drawing;
}

// A horizontal bar, `share` of 1 filled; `level` is its colour: good, warning, critical.
export function meter(share, level, label) {
  const filled = Math.max(0, Math.min(1, share));
  const bar = svg("svg", {viewBox: "0 0 100 6", class: `meter ${level}`, preserveAspectRatio: "none", role: "img", "aria-label": label});
  bar.append(
    svg("rect", {x: 0, y: 0, width: 100, height: 6, class: "track"}),
    svg("rect", {x: 0, y: 0, width: round(filled * 100), height: 6, class: "fill"}),
  );
  return bar;
}

const ICONS = {
  water: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z",
  energy: "M13 2 5 14h6l-1 8 9-13h-6z",
  waste: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10 11v6M14 11v6",
  disaster: "M2 17c2 0 3-2 5-2s3 2 5 2 3-2 5-2 3 2 5 2M4 11l8-7 8 7M8 8v4M16 8v4",
};

export const icon = (domain) => svg("svg", {viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true"}, svg("path", {d: ICONS[domain]}));
