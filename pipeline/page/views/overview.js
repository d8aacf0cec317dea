// Is the city well, what is wrong, where, since when, why, what to do, and can the data be trusted.

import {element} from "../dom.js";
import {card} from "../parts/card.js";
import {find} from "../parts/find.js";
import {brief} from "../parts/incident-row.js";
import {map} from "../parts/map.js";
import {trust} from "../parts/trust.js";
import {DOMAINS, counted, open, state} from "../store.js";
import {count, say} from "../words.js";

const SHOWN = 5;

export function overview() {
  const going = open().filter((each) => each.state !== "suppressed");
  const list = going.slice(0, SHOWN);
  return [
    element("div", {class: "split", key: "split"},
      element("section", {class: "panel happening", key: "happening", "aria-labelledby": "happening"},
        element("h2", {id: "happening"}, say("whatIsWrong")),
        state.greeted ? (list.length ? element("ol", {class: "incidents"}, list.map(brief)) : element("p", {class: "state good"}, say("nothingWrong"))) : element("p", {class: "state", role: "status"}, say("loadingPart")),
        going.length > SHOWN ? element("a", {href: "#/incidents", class: "more"}, `${say("allIncidents")} (${count(counted(({state: how}) => how !== "suppressed"))})`) : null),
      element("div", {class: "stack", key: "side"},
        element("section", {class: "panel place", key: "place", "aria-labelledby": "place"}, element("header", {class: "title"}, element("h2", {id: "place"}, say("map")), find()), map()),
        trust())),
    element("section", {class: "cards", key: "cards"}, DOMAINS.map(card)),
  ];
}
