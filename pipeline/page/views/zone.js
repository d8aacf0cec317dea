// One zone: its devices by domain, and what goes on there.

import {element} from "../dom.js";
import {brief} from "../parts/incident-row.js";
import {icon} from "../parts/icons.js";
import {DOMAINS, open, state} from "../store.js";
import {count, domainWord, say} from "../words.js";

const WORDS = ["unheard", "speaks", "silentWord"];

export function zone([city, name]) {
  const {places, states} = state;
  if (!places) return element("p", {class: "state", role: "status"}, say("loadingPart"));
  const at = places.zones.findIndex(([code, each]) => code === city && each === name);
  const mine = places.name.map((_, place) => place).filter((place) => places.zone[place] === at);
  const here = open().filter((each) => (each.city === city && each.zone === name) || each.members.some((member) => member.city === city && member.zone === name));
  return element("article", {class: "page", key: `${city}/${name}`},
    element("a", {href: "#/", class: "more back"}, say("navOverview")),
    element("header", {class: "title"}, element("h1", {}, name), element("span", {class: "quiet"}, say("sensors", {n: count(mine.length)}))),
    here.length ? element("section", {class: "panel", key: "incidents"}, element("h2", {}, say("whatIsWrong")), element("ol", {class: "incidents"}, here.map(brief))) : null,
    element("section", {class: "panel", key: "devices"}, element("h2", {}, say("devicesIn", {zone: name})),
      DOMAINS.map((domain, number) => group(domain, mine.filter((place) => places.domain[place] === number), city, name, places, states))));
}

function group(domain, mine, city, zoneName, places, states) {
  if (!mine.length) return null;
  return element("div", {class: `group ${domain}`, key: domain}, element("h3", {}, icon(domain), domainWord(domain)),
    element("ul", {class: "devices"}, mine.map((place) => {
      const how = Number(states?.version === places.version ? states.states[place] : 0);
      return element("li", {}, element("a", {href: `#/device/${[city, domain, zoneName, places.name[place]].map(encodeURIComponent).join("/")}`}, places.name[place]), element("span", {class: `chip ${how === 2 ? "warning" : how === 1 ? "good" : ""}`}, say(WORDS[how])));
    })));
}
