// Finding a device or a zone by a part of its name: the map's other door, for keyboards and large cities.

import {element} from "../dom.js";
import {DOMAINS, changed, state} from "../store.js";
import {domainWord, say} from "../words.js";

const MOST = 8, LEAST = 2;

let wanted = "";

export function find() {
  return element("div", {class: "find", key: "find"},
    element("input", {type: "search", "aria-label": say("find"), placeholder: say("find"), oninput: (event) => { wanted = event.target.value.trim().toLowerCase(); changed(); }}),
    wanted.length < LEAST || !state.places ? null : results());
}

function results() {
  const {zones, zone, domain, name} = state.places;
  const found = zones.filter(([, each]) => each.toLowerCase().includes(wanted)).slice(0, MOST).map(([city, each]) => link(["zone", city, each], each, say("zone")));
  for (let place = 0; place < name.length && found.length < MOST; place++) {
    const [city, where] = zones[zone[place]];
    if (!`${name[place]} ${where}`.toLowerCase().includes(wanted)) continue;
    found.push(link(["device", city, DOMAINS[domain[place]], where, name[place]], name[place], `${where} · ${domainWord(DOMAINS[domain[place]])}`));
  }
  return element("ul", {class: "found"}, found.length ? found : element("li", {class: "quiet"}, say("notFound")));
}

const link = (parts, text, where) => element("li", {}, element("a", {href: `#/${parts.map(encodeURIComponent).join("/")}`}, element("b", {}, text), element("small", {}, ` ${where}`)));
