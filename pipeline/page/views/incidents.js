// All incidents: those that go on, and those over within a day.

import {element} from "../dom.js";
import {brief} from "../parts/incident-row.js";
import {DOMAINS, OVER, open, state} from "../store.js";
import {count, domainWord, say} from "../words.js";

const MOST = 100;
let heldBack = false;

export function incidents([domain = ""]) {
  if (!state.greeted) return element("p", {class: "state", role: "status"}, say("loadingPart"));
  const fits = (each) => !domain || each.domain === domain;
  const going = open().filter(fits);
  const held = going.filter((each) => each.state === "suppressed");
  const shown = going.filter((each) => heldBack || each.state !== "suppressed");
  const over = [...state.incidents.values()].filter((each) => OVER.includes(each.state) && fits(each)).sort((one, other) => other.updated - one.updated);
  const link = (name, text) => element("a", {href: name ? `#/incidents/${name}` : "#/incidents", "aria-current": name === domain ? "true" : null}, text);
  return element("div", {class: "page", key: "incidents"},
    element("header", {class: "title"}, element("h1", {}, say("incidents")), element("nav", {class: "tabs", "aria-label": say("filter")}, link("", say("all")), DOMAINS.map((each) => link(each, domainWord(each))))),
    element("section", {class: "panel", key: "open"}, element("h2", {}, `${say("openOnes")} (${count(going.length)})`), list(shown),
      held.length ? element("button", {type: "button", "aria-pressed": String(heldBack), onclick: (event) => { heldBack = !heldBack; event.target.dispatchEvent(new Event("redraw", {bubbles: true})); }}, say("showSuppressed", {n: count(held.length)})) : null),
    over.length ? element("section", {class: "panel", key: "over"}, element("h2", {}, `${say("overOnes")} (${count(over.length)})`), list(over)) : null);
}

const list = (some) => (some.length ? element("ol", {class: "incidents"}, some.slice(0, MOST).map(brief)) : element("p", {class: "state good"}, say("noIncidents")));
