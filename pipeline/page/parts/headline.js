// The one judgement of the page: how the city is, in which words, and with which figures.

import {element} from "../dom.js";
import {DOMAINS, counted, now, open, presses, state} from "../store.js";
import {ago, count, kindWord, percent, say, when} from "../words.js";
import {icon} from "./icons.js";
import {placeWord} from "./place.js";
import {problemText} from "./problems.js";

const SILENT_MS = 180_000;
const NAMED = 2;

// moving: the text tells a time that goes by. First match first: what is dangerous comes before what is unseen, and that before what is only unusual.
export function judge() {
  const {pulse, lost, greeted, reachedAt} = state;
  if (!greeted) return {mood: lost ? "lost" : "loading", text: lost ? say("neverReached") : ""};
  if (lost) return {mood: "lost", text: say("lostSince", {ago: ago(Date.now() - reachedAt)}), moving: true};
  const pressed = counted(presses);
  const unseen = counted(isUnseen);
  const age = now() - pulse.newest;
  if (counted((each) => isUnseen(each) && each.severity === "critical")) return {mood: "critical", text: named(unseen)};
  if (!pulse.ready) return {mood: "blind", text: problemText(pulse.problems[0] ?? "")};
  if (!pulse.newest) return {mood: "silent", text: say("noDataYet")};
  if (age > SILENT_MS) return {mood: "silent", text: say("silentSince", {ago: ago(age)}), moving: true};
  if (unseen) return {mood: "attention", text: named(unseen)};
  return {mood: pressed ? "attention" : "well", text: say(pressed ? "allHandled" : "quietText")};
}

const isUnseen = (each) => presses(each) && each.state === "unacknowledged";

function named(number) {
  const texts = open().filter(isUnseen).slice(0, NAMED).map((each) => `${kindWord(each.kind)} – ${placeWord(each)} (${say("sinceWord", {time: when(each.since)})})`);
  const more = number - texts.length;
  return [...texts, more > 0 ? say("moreText", {n: more}) : ""].filter(Boolean).join("; ");
}

// The lowest of the domains that are expected to speak; null while nothing is expected.
export function completeness() {
  const known = DOMAINS.map((domain) => state.pulse?.domains[domain].completeness).filter((value) => value !== null && value !== undefined);
  return known.length ? Math.min(...known) : null;
}

const MOODS = {well: "check", attention: "alert", critical: "octagon", blind: "eye", silent: "eye", lost: "eye", loading: "eye"};

export function headline() {
  const {mood, text} = judge();
  const problems = state.pulse && !state.lost && mood !== "blind" ? state.pulse.problems : state.pulse?.problems.slice(1) ?? [];
  return element("section", {class: "headline", key: "headline"},
    element("span", {class: "lamp"}, icon(MOODS[mood])),
    element("div", {class: "words"}, element("h1", {}, say(mood)), element("p", {}, text), problems.length && !state.lost ? element("ul", {class: "problems"}, problems.map((each) => element("li", {}, problemText(each)))) : null),
    state.pulse ? figures() : null);
}

function figures() {
  const whole = completeness();
  const figure = (value, text, href) => element("a", {href, class: "figure"}, element("b", {}, value), element("span", {}, text));
  return element("div", {class: "figures"},
    figure(count(counted(presses)), say("openIncidents"), "#/incidents"),
    figure(count(counted(isUnseen)), say("unseen"), "#/incidents"),
    figure(percent(whole), say("completeness"), "#/health"),
    state.states ? figure(count(state.states.silent), say("silentSensors"), "#/health") : null);
}
