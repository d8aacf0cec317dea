// An incident in a list: what, where, since when, why, and what to do.

import {element} from "../dom.js";
import {OVER, now} from "../store.js";
import {advice, ago, kindWord, reasonText, say, severityWord, span, stateWord, timeOfDay, when} from "../words.js";
import {acknowledgeButton} from "./decide.js";
import {severityIcon} from "./icons.js";
import {placeWord} from "./place.js";

export const moment = (time) => element("time", {datetime: new Date(time).toISOString(), title: timeOfDay(time)}, when(time));
export const stateChip = (incident) => element("span", {class: `chip ${incident.state === "unacknowledged" ? incident.severity : ""}`}, stateWord(incident.state));

export function brief(incident) {
  const over = OVER.includes(incident.state);
  return element("li", {class: `incident ${incident.severity} ${incident.state}`, key: incident.id, "data-kind": incident.kind},
    severityIcon(incident.severity),
    element("div", {class: "what"},
      element("header", {},
        element("h3", {}, element("a", {href: `#/incident/${incident.id}`}, kindWord(incident.kind)), element("span", {class: "where"}, ` – ${placeWord(incident)}`)),
        element("p", {class: "meta"},
          element("span", {class: "severity"}, severityWord(incident.severity)),
          element("span", {}, say("sinceWord", {time: ""}), moment(incident.since), ` · ${over && incident.ended ? say("lasted", {time: span((incident.ended - incident.since) / 1000)}) : ago(now() - incident.since)}`),
          incident.state === "unacknowledged" ? null : stateChip(incident))),
      element("p", {class: "reason"}, reasonText(incident)),
      over || incident.state === "acknowledged" ? null : element("p", {class: "advice"}, advice(incident.kind))),
    element("div", {class: "do"}, acknowledgeButton(incident)));
}
