// All incidents: those that go on, and those over within a day.

import {element} from "../dom.js";
import {brief} from "../parts/incident-row.js";
import {shelves} from "../parts/shelves.js";
import {DOMAINS, OVER, changed, counted, open, state} from "../store.js";
import {count, domainWord, say} from "../words.js";

const STEP = 100;
let heldBack = false;
let most = STEP;

export function incidents([domain = ""]) {
  if (!state.greeted) return element("p", {class: "state", role: "status"}, say("loadingPart"));
  const fits = (each) => !domain || each.domain === domain;
  const going = open().filter(fits);
  const all = counted(fits), held = counted((each) => fits(each) && each.state === "suppressed");
  const shown = going.filter((each) => heldBack || each.state !== "suppressed");
  const over = [...state.incidents.values()].filter((each) => OVER.includes(each.state) && fits(each)).sort((one, other) => other.updated - one.updated);
  const link = (name, text) => element("a", {href: name ? `#/incidents/${name}` : "#/incidents", "aria-current": name === domain ? "true" : null}, text);
  return element("div", {class: "page", key: "incidents"},
    element("header", {class: "title"}, element("h1", {}, say("incidents")), element("nav", {class: "tabs", "aria-label": say("filter")}, link("", say("all")), DOMAINS.map((each) => link(each, domainWord(each))))),
    element("section", {class: "panel", key: "open"}, element("h2", {}, `${say("openOnes")} (${count(all)})`), list(shown, heldBack ? all : all - held),
      held ? element("button", {type: "button", "aria-pressed": String(heldBack), onclick: () => { heldBack = !heldBack; changed(); }}, say("showSuppressed", {n: count(held)})) : null),
    shelves(fits),
    over.length ? element("section", {class: "panel", key: "over"}, element("h2", {}, `${say("overOnes")} (${count(over.length)})`), list(over, over.length)) : null);
}

function list(some, all) {
  if (!some.length) return element("p", {class: "state good"}, say("noIncidents"));
  const more = all - Math.min(most, some.length);
  return [element("ol", {class: "incidents"}, some.slice(0, most).map(brief)), more > 0 ? element("button", {type: "button", class: "further", onclick: () => { most += STEP; changed(); }}, say("moreText", {n: count(more)})) : null];
}
