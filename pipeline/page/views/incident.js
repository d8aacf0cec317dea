// One incident with its evidence: why, the chart around the event, its sensors, its timeline, and what to decide.

import {element} from "../dom.js";
import {asked} from "../parts/asked.js";
import {decisions} from "../parts/decide.js";
import {icon, severityIcon} from "../parts/icons.js";
import {moment, stateChip} from "../parts/incident-row.js";
import {legend, past, pastChart} from "../parts/past.js";
import {deviceOf} from "../parts/devices.js";
import {placeWord} from "../parts/place.js";
import {OVER, now, state} from "../store.js";
import {advice, ago, count, dateTime, domainWord, eventWord, kindWord, quantityWord, reasonText, say, severityWord, span} from "../words.js";

const MISSING_MS = 30_000;
const BEFORE_MS = 20 * 60_000, AFTER_MS = 20 * 60_000;
const CHARTS = 2, MEMBERS = 24;

export function incident([id]) {
  const found = state.incidents.get(id) ?? (state.greeted ? asked(pathOf(id), MISSING_MS).answer?.incident : null);
  if (!found) return element("div", {class: "page", key: "gone"}, missing(id), element("a", {href: "#/incidents", class: "more"}, say("allIncidents")));
  return element("article", {class: "page incident-page", key: id, "data-kind": found.kind, "data-state": found.state},
    element("a", {href: "#/incidents", class: "more back"}, say("allIncidents")),
    element("section", {class: `panel lead ${found.severity}`, key: "lead"}, lead(found)),
    element("div", {class: "split even", key: "halves"},
      element("section", {class: "panel", key: "evidence"}, element("h2", {}, say("evidence")), charts(found), evidence(found)),
      element("div", {class: "stack beside", key: "side"}, element("section", {class: "panel", key: "timeline"}, element("h2", {}, say("timeline")), timeline(found)), members(found))));
}

const pathOf = (id) => `/api/v1/incidents/${encodeURIComponent(id)}`;

// Not among those that the stream has told: it is asked for.
function missing(id) {
  const {failure, status} = state.greeted ? asked(pathOf(id), MISSING_MS) : {};
  return element("p", {class: "state", role: "status"}, status === 404 ? say("gone") : failure ? say("failedAnswer", {why: failure}) : say("loadingPart"));
}

function lead(found) {
  return [
    element("header", {class: "title"}, severityIcon(found.severity), element("h1", {}, `${kindWord(found.kind)} – ${placeWord(found)}`), stateChip(found)),
    element("p", {class: "meta"},
      element("span", {class: "severity"}, severityWord(found.severity)), found.domain === "*" ? null : element("span", {}, icon(found.domain), domainWord(found.domain)),
      found.life_safety ? element("span", {class: "chip critical"}, say("lifeSafety")) : null,
      element("span", {}, say("sinceWord", {time: ""}), moment(found.since), ` (${ago(now() - found.since)})`),
      found.ended ? element("span", {}, say("ended", {time: dateTime(found.ended)}), `, ${say("lasted", {time: span((found.ended - found.since) / 1000)})}`) : null),
    element("dl", {class: "facts"},
      element("dt", {}, say("why")), element("dd", {class: "reason"}, reasonText(found)),
      advice(found.kind) ? [element("dt", {}, say("whatToDo")), element("dd", {class: "advice"}, advice(found.kind))] : null,
      found.shelf ? [element("dt", {}, say("states")[found.shelf.until ? "shelved" : "out-of-service"]), element("dd", {}, [found.shelf.by, found.shelf.reason, found.shelf.until ? dateTime(found.shelf.until) : ""].filter(Boolean).join(" · "))] : null),
    decisions(found),
  ];
}

function charts(found) {
  if (!found.members.length) return null;
  const until = found.ended ?? now();
  const live = !found.ended && until - found.since < AFTER_MS * 3;
  const from = found.since - BEFORE_MS, to = found.ended ? Math.min(found.ended + AFTER_MS / 2, now()) : Math.min(until, found.since + 3 * AFTER_MS);
  // Whole minutes, so that the same question is not asked anew each second.
  const step = (time) => Math.ceil(time / 60_000) * 60_000;
  return shown(found).map((member) => {
    const {city, domain, zone, device, quantity} = member, series = {city, domain, zone, device, quantity};
    const info = deviceOf(series)?.quantities?.find((each) => each.quantity === member.quantity) ?? {quantity: member.quantity, unit: "", low: null, high: null};
    const kept = past(series, step(from), live ? step(to) : step(to), live);
    const title = say("chartAround", {quantity: quantityWord(member.quantity), device: member.device});
    const key = [found.id, member.zone, member.device, member.quantity].join("/");
    return element("figure", {key},
      element("figcaption", {}, element("a", {href: link(series)}, title)),
      pastChart(key, kept, info, {label: title, marks: [{time: found.since, colour: "critical"}, ...(found.ended ? [{time: found.ended, colour: "good"}] : [])]}),
      legend(kept, info));
  });
}

// Of different quantities rather than of many like sensors.
function shown({members}) {
  const first = members.filter((member, place) => members.findIndex((other) => other.quantity === member.quantity) === place);
  return [...first, ...members.filter((member) => !first.includes(member))].slice(0, CHARTS);
}

const link = ({city, domain, zone, device, quantity}) => `#/device/${[city, domain, zone, device, quantity].map(encodeURIComponent).join("/")}`;

function evidence({evidence: told}) {
  if (!told.length) return null;
  return element("ul", {class: "evidence"}, told.map((each) =>
    element("li", {}, element("b", {}, kindWord(each.kind)), ` ${each.device ? `${each.zone} · ${each.device} · ` : ""}`, moment(each.since), element("p", {}, reasonText(each)))));
}

function members(found) {
  if (!found.members.length) return null;
  const more = found.member_count - Math.min(found.members.length, MEMBERS);
  return element("section", {class: "panel", key: "members"}, element("h2", {}, say("members", {n: count(found.member_count)})),
    element("ul", {class: "members"}, found.members.slice(0, MEMBERS).map((member) =>
      element("li", {}, element("a", {href: link(member)}, `${member.device} · ${quantityWord(member.quantity)}`), element("small", {}, member.zone)))),
    more > 0 ? element("p", {class: "quiet"}, say("membersMore", {n: count(more)})) : null);
}

function timeline({events, state: present}) {
  return element("ol", {class: `timeline ${OVER.includes(present) ? "over" : ""}`}, events.toReversed().map((event, place) =>
    element("li", {key: `${events.length - place}`}, element("b", {}, eventWord(event.event)), element("span", {class: "quiet"}, ` ${event.by === "local" ? say("local") : event.by} · `), element("time", {datetime: new Date(event.time).toISOString()}, dateTime(event.time)), event.reason ? element("p", {}, reasonText(event)) : null)));
}
