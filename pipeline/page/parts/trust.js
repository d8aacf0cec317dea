// Whether the data can be trusted, and why: how fresh, how complete, who is silent, what is stored, who is not told, what was refused.

import {element} from "../dom.js";
import {DOMAINS, now, open, state} from "../store.js";
import {ago, count, domainWord, percent, say, span} from "../words.js";
import {level} from "./card.js";
import {icon} from "./icons.js";

const STALE_MS = [60_000, 180_000];
const BEHIND_S = [15, 120];
const grade = (value, [warning, critical]) => (value > critical ? "critical" : value > warning ? "warning" : "good");

// Each with its grade; the worst of them is the answer.
export function reasons() {
  const {pulse, states} = state;
  const age = now() - pulse.newest;
  const rejected = Object.values(pulse.rejects).reduce((sum, number) => sum + number, 0);
  const all = states?.states.length ?? 0;
  const gateways = open().filter((each) => each.kind === "gateway-lost").length;
  return [
    [pulse.newest ? grade(age, STALE_MS) : "critical", pulse.newest ? say("trustFresh", {ago: ago(age)}) : say("noDataYet")],
    ...DOMAINS.filter((domain) => pulse.domains[domain].completeness !== null).map((domain) => [level(pulse.domains[domain].completeness), say("trustComplete", {domain: domainWord(domain), percent: percent(pulse.domains[domain].completeness)})]),
    ...(states ? [[states.silent > all * 0.2 ? "critical" : states.silent ? "warning" : "good", states.silent ? say("trustSilent", {n: count(states.silent), all: count(all)}) : say("trustAllSpeak", {all: count(all)})]] : []),
    ...(gateways ? [["warning", say("trustGateways", {n: gateways})]] : []),
    [pulse.mqtt.connected ? "good" : "critical", say(pulse.mqtt.connected ? "trustBroker" : "trustNoBroker")],
    ...stores(pulse.sinks),
    ...Object.entries(pulse.alerts ?? {}).filter(([, channel]) => channel.problem).map(([name, {waiting}]) => ["warning", say("trustUntold", {name, n: count(waiting)})]),
    [rejected > pulse.messages_total * 0.01 ? "warning" : "good", rejected ? say("trustRefused", {n: count(rejected)}) : say("trustNoneRefused")],
  ];
}

function stores(sinks) {
  const behind = Object.entries(sinks).filter(([, sink]) => grade(sink.lag_s, BEHIND_S) !== "good");
  if (behind.length) return behind.map(([name, sink]) => [grade(sink.lag_s, BEHIND_S), say("trustStoreBehind", {name, time: span(sink.lag_s)})]);
  const most = Math.max(0, ...Object.values(sinks).map((sink) => sink.lag_s));
  return Object.keys(sinks).length ? [["good", say("trustStores", {time: span(most)})]] : [];
}

const ANSWERS = {good: "trustYes", warning: "trustPartly", critical: "trustNo"};

export function trust(linked = true) {
  if (!state.pulse) return null;
  const told = reasons();
  const grades = told.map(([found]) => found);
  const answer = grades.includes("critical") ? "critical" : grades.includes("warning") ? "warning" : "good";
  return element("section", {class: "panel trust", key: "trust"},
    element("h2", {}, say("trust"), " ", element("span", {class: `chip ${answer}`}, say(ANSWERS[answer]))),
    element("ul", {}, told.map(([found, text]) => element("li", {class: found}, icon(found === "good" ? "check" : found === "warning" ? "alert" : "octagon"), text))),
    linked ? element("a", {href: "#/health", class: "more"}, say("health")) : null);
}
