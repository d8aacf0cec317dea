// Who changed what, and when.

import {element} from "../dom.js";
import {asked, whenThere} from "../parts/asked.js";
import {actionWord, dateTime, say} from "../words.js";
import {table} from "./device.js";

export function audit() {
  return element("div", {class: "page", key: "audit"}, element("header", {class: "title"}, element("h1", {}, say("audit"))),
    element("section", {class: "panel", key: "entries"}, element("p", {class: "quiet"}, say("auditText")),
      whenThere(asked("/api/v1/audit?limit=200", 3000), ({entries}) =>
        entries.length
          ? table([say("time"), say("who"), say("action"), say("target"), say("detail"), say("outcome")], entries.map((each) => [dateTime(each.time), who(each), actionWord(each.action), target(each), words(each.detail), outcome(each.outcome)]))
          : element("p", {class: "state"}, say("noAudit")))));
}

const OF_INCIDENTS = ["acknowledge", "shelve", "unshelve", "comment", "out-of-service", "in-service"];
const target = (each) => (OF_INCIDENTS.includes(each.action) ? element("a", {href: `#/incident/${encodeURIComponent(each.target)}`, class: "plain-link"}, each.target) : each.target);
const who = ({who: name, role, address}) => [name === "local" ? say("local") : name, name !== "local" && role ? say(role === "operator" ? "roleOperator" : "roleViewer") : "", address].filter(Boolean).join(" · ");
const outcome = (text) => (text === "done" ? "✓" : text || say("underWay"));

function words(detail) {
  try {
    return Object.values(JSON.parse(detail)).join(" · ");
  } catch {
    return detail;
  }
}
