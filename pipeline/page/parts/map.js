// The map: zones as cells around their sensors, sensors as dots, incidents as pins. Drawn from coordinates alone.

import {element, svg} from "../dom.js";
import {DOMAINS, changed, open, state, worst} from "../store.js";
import {domainWord, incidentsWord, kindWord, say} from "../words.js";
import {cells, groups, heart, middle, outline, path} from "./geometry.js";
import {glyph} from "./icons.js";
import {cityWord, placeWord} from "./place.js";

const WIDE = {width: 760, most: 540, names: 40}, NARROW = {width: 400, most: 420, names: 16};
const MARGIN = 34, APART_KM = 60, KM = 111.2, NEAR = 14, MOST_PINS = 8;
const LETTER = 8.2, LINE = 18, PIN = 15;
const UNHEARD = "0", SILENT = "2";

let base = {key: null, groups: []};
let size = WIDE;
let chosen = 0;
let pointed = "";

export function map() {
  const {places} = state;
  if (!places) return element("div", {class: "map waiting", role: "status"}, say("loadingPart"));
  size = innerWidth < 640 ? NARROW : WIDE;
  const key = `${places.version} ${size.width}`;
  if (base.key !== key) base = {key, groups: layOut(places)};
  if (!base.groups.length) return element("p", {class: "state"}, say("mapNone"));
  const group = base.groups[Math.min(chosen, base.groups.length - 1)];
  return element("div", {class: "map"}, tabs(), drawing(group), element("p", {class: "pointed", "aria-live": "polite"}, pointed || say("pointAt")), meaning());
}

function tabs() {
  if (base.groups.length < 2) return null;
  return element("div", {class: "tabs", role: "group", "aria-label": say("map")}, base.groups.map((group, place) =>
    element("button", {type: "button", "aria-pressed": String(place === chosen), onclick: () => { chosen = place; changed(); }}, `${group.name} (${group.devices.length})`)));
}

function layOut({zones, zone, domain, name, lat, lon, scale, title}) {
  const known = name.map((_, place) => place).filter((place) => lat[place] !== null && lon[place] !== null);
  const slope = Math.cos(((known.reduce((sum, place) => sum + lat[place], 0) / known.length / scale) * Math.PI) / 180) || 1;
  const devices = known.map((place) => ({place, zone: zone[place], city: zones[zone[place]][0], domain: DOMAINS[domain[place]], name: name[place], x: (lon[place] / scale) * KM * slope, y: (-lat[place] / scale) * KM}));
  const byCity = Map.groupBy(devices, (device) => device.city);
  const cities = [...byCity].map(([city, members]) => ({city, devices: members, ...middle(members)}));
  return groups(cities, APART_KM).map((group, place) => fit(group.flatMap((city) => city.devices), zones, place === 0 && title ? title : group.map((city) => cityWord(city.city)).join(", ")));
}

function fit(devices, zones, name) {
  const xs = devices.map((device) => device.x), ys = devices.map((device) => device.y);
  const left = Math.min(...xs), top = Math.min(...ys);
  const wide = Math.max(Math.max(...xs) - left, 0.5), tall = Math.max(Math.max(...ys) - top, 0.5);
  const scale = Math.min((size.width - 2 * MARGIN) / wide, (size.most - 2 * MARGIN) / tall);
  const offset = (size.width - wide * scale) / 2;
  const height = Math.max(tall * scale + 2 * MARGIN, 180);
  for (const device of devices) [device.x, device.y] = [(device.x - left) * scale + offset, (device.y - top) * scale + (height - tall * scale) / 2];
  const border = outline(devices, MARGIN * 0.85);
  const byZone = [...Map.groupBy(devices, (device) => device.zone)].map(([zone, members]) => ({city: zones[zone][0], zone: zones[zone][1], members, ...middle(members)}));
  cells(byZone, border).forEach((cell, place) => Object.assign(byZone[place], {cell: path(cell), heart: heart(cell)}));
  return {name, devices, zones: byZone, border: path(border), height};
}

function drawing(group) {
  const incidents = open();
  const states = state.states?.version === state.places.version ? state.states.states : "";
  const affected = affectedBy(incidents);
  return svg("svg", {viewBox: `0 0 ${size.width} ${Math.round(group.height)}`, role: "group", "aria-label": say("map"), onpointermove: (event) => point(event, group), onclick: (event) => visit(event, group), onpointerleave: () => tell("")},
    svg("path", {d: group.border, class: "land"}),
    group.zones.map((zone) => zoneShape(zone, incidents, group.zones.length > size.names)),
    svg("g", {class: "dots", "aria-hidden": "true"}, dots(group.devices, states, affected)),
    labelled(group, incidents));
}

// The names of zones, where no pin stands, and the pins.
function labelled(group, incidents) {
  const {drawn, taken} = pins(group, incidents);
  const names = group.zones.length > size.names ? [] : group.zones.filter(({zone, heart: {x, y}}) => {
    const half = (zone.length * LETTER) / 2;
    return !taken.some((box) => overlap(box, {left: x - half, right: x + half, top: y - LINE, bottom: y + 2}));
  });
  return [svg("g", {class: "names", "aria-hidden": "true"}, names.map(({zone, heart: {x, y}}) => svg("text", {x: x.toFixed(0), y: y.toFixed(0)}, zone))), drawn];
}

// Hundreds of zones are no path for the Tab key: there they are found by name.
function zoneShape({city, zone, cell, members}, incidents, many) {
  const here = incidents.filter((each) => each.city === city && each.zone === zone);
  const level = worst(here.filter((each) => each.state !== "suppressed"));
  const told = here.length ? incidentsWord(here.length) : say("normal");
  return svg("a", {href: `#/zone/${encodeURIComponent(city)}/${encodeURIComponent(zone)}`, class: `zone ${level}`, tabindex: many ? "-1" : null, "aria-label": `${zone}: ${told}, ${say("sensors", {n: members.length})}`},
    svg("path", {d: cell}), svg("title", {}, `${zone}: ${told}`));
}

// One path for all dots that look alike: thousands cost no more than a few.
function dots(devices, states, affected) {
  const alike = Map.groupBy(devices, (device) => {
    const how = states[device.place] ?? UNHEARD;
    return `${device.domain} ${how === SILENT ? "silent" : how === UNHEARD && states ? "unheard" : ""} ${affected.get(keyOf(device)) ?? ""}`;
  });
  const dense = devices.length > 1500 ? " dense" : "";
  return [...alike].sort().map(([looks, members]) => svg("path", {class: `dot ${looks}${dense}`, d: members.map(({x, y}) => `M${x.toFixed(1)} ${y.toFixed(1)}h.01`).join("")}));
}

const keyOf = ({city, domain, zone, name, device}) => JSON.stringify([city, domain, typeof zone === "number" ? state.places.zones[zone][1] : zone, name ?? device]);

function affectedBy(incidents) {
  const found = new Map();
  for (const each of incidents.toReversed()) for (const member of each.members) found.set(keyOf(member), each.severity);
  return found;
}

// The gravest incidents amid their sensors, each with its name where there is room for it.
function pins(group, incidents) {
  const byKey = new Map(group.devices.map((device) => [keyOf(device), device]));
  const byZone = new Map(group.zones.map((zone) => [JSON.stringify([zone.city, zone.zone]), zone]));
  const found = incidents.filter((each) => each.severity !== "info" && each.state !== "suppressed").slice(0, MOST_PINS).flatMap((each) => {
    const members = each.members.map((member) => byKey.get(keyOf(member))).filter(Boolean);
    const at = members.length ? middle(members) : byZone.get(JSON.stringify([each.city, each.zone]));
    return at ? [{incident: each, x: Math.min(Math.max(at.x, PIN + 5), size.width - PIN - 5), y: Math.min(Math.max(at.y, PIN + 5), group.height - PIN - 5)}] : [];
  });
  found.forEach((one, place) => {
    while (found.slice(0, place).some((other) => Math.hypot(other.x - one.x, other.y - one.y) < 2 * PIN)) one.y -= 2 * PIN;
  });
  const taken = found.map(({x, y}) => ({left: x - PIN, right: x + PIN, top: y - PIN, bottom: y + PIN}));
  return {drawn: found.map((one) => pin(one, sideOf(one, taken))), taken};
}

const overlap = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

// Where a pin's name goes: right, left, below or above, or nowhere.
function sideOf({incident, x, y}, taken) {
  const width = kindWord(incident.kind).length * LETTER;
  const tries = {
    right: {left: x + PIN + 4, right: x + PIN + 4 + width, top: y - LINE / 2, bottom: y + LINE / 2},
    left: {left: x - PIN - 4 - width, right: x - PIN - 4, top: y - LINE / 2, bottom: y + LINE / 2},
    below: {left: x - width / 2, right: x + width / 2, top: y + PIN, bottom: y + PIN + LINE},
    above: {left: x - width / 2, right: x + width / 2, top: y - PIN - LINE, bottom: y - PIN},
  };
  for (const [side, box] of Object.entries(tries)) {
    if (box.left < 0 || box.right > size.width || taken.some((other) => overlap(box, other))) continue;
    taken.push(box);
    return side;
  }
  return "";
}

const AT = {right: {x: PIN + 4, y: 5}, left: {x: -PIN - 4, y: 5}, below: {x: 0, y: PIN + 14}, above: {x: 0, y: -PIN - 5}};

function pin({incident, x, y}, side) {
  const label = `${kindWord(incident.kind)}, ${placeWord(incident)}`;
  return svg("a", {href: `#/incident/${incident.id}`, class: `pin ${incident.severity} ${incident.state}`, key: `pin-${incident.id}`, "aria-label": label, transform: `translate(${x.toFixed(0)} ${y.toFixed(0)})`},
    svg("circle", {r: PIN - 1}), glyph(incident.domain), side ? svg("text", {...AT[side], class: side}, kindWord(incident.kind)) : null, svg("title", {}, label));
}

function meaning() {
  const item = (looks, text) => element("li", {}, svg("svg", {viewBox: "0 0 14 14", class: "swatch", "aria-hidden": "true"}, svg("path", {class: `dot ${looks}`, d: "M7 7h.01"})), text);
  return element("ul", {class: "legend"}, DOMAINS.map((domain) => item(domain, domainWord(domain))), item("water silent", say("silentWord")), item("water critical", say("inIncident")), element("li", {class: "note"}, say("mapText")));
}

function nearest(event, group) {
  const box = event.currentTarget.getBoundingClientRect();
  const scale = size.width / box.width;
  const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
  let found = null, far = NEAR;
  for (const device of group.devices) {
    const distance = Math.hypot(device.x - x, device.y - y);
    if (distance < far) [found, far] = [device, distance];
  }
  return found;
}

function point(event, group) {
  const device = event.target.closest(".pin") ? null : nearest(event, group);
  tell(device ? `${device.name} · ${state.places.zones[device.zone][1]} · ${domainWord(device.domain)}` : "");
}

function tell(text) {
  if (text === pointed) return;
  pointed = text;
  changed();
}

function visit(event, group) {
  const device = event.target.closest(".pin") ? null : nearest(event, group);
  if (!device) return;
  event.preventDefault();
  location.hash = `#/device/${[device.city, device.domain, state.places.zones[device.zone][1], device.name].map(encodeURIComponent).join("/")}`;
}
