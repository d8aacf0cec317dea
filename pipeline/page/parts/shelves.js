// What operators have put away: who, since when, until when and why, though its incident may be long over.

import {element} from "../dom.js";
import {count, dateTime, kindWord, say, stateWord} from "../words.js";
import {asked, stale} from "./asked.js";
import {backButton} from "./decide.js";
import {placeWord} from "./place.js";

const AGAIN_MS = 5000;

export function shelves(fits) {
  const {answer, failure} = asked("/api/v1/shelves", AGAIN_MS);
  const found = (answer?.shelves ?? []).filter(fits);
  if (!found.length && !failure) return null;
  return element("section", {class: "panel", key: "shelves"}, element("h2", {}, `${say("shelves")} (${count(found.length)})`),
    element("p", {class: "quiet"}, say("shelvesText")), stale(failure), element("ol", {class: "incidents"}, found.map(row)));
}

function row(shelf) {
  const who = shelf.by === "local" ? say("local") : shelf.by;
  return element("li", {class: "incident put-away", key: [shelf.kind, shelf.city, shelf.domain, shelf.zone, shelf.cause].join("/"), "data-kind": shelf.kind, "data-shelf": shelf.state},
    element("span", {}),
    element("div", {class: "what"},
      element("header", {},
        element("h3", {}, element("a", {href: `#/incident/${shelf.incident}`}, kindWord(shelf.kind)), element("span", {class: "where"}, ` – ${[...new Set([placeWord(shelf), shelf.cause])].filter(Boolean).join(" · ")}`)),
        element("p", {class: "meta"},
          element("span", {class: "chip"}, stateWord(shelf.state)),
          shelf.life_safety ? element("span", {class: "chip critical"}, say("lifeSafety")) : null,
          element("span", {}, who),
          shelf.since ? element("span", {}, say("sinceWord", {time: dateTime(shelf.since)})) : null,
          element("span", {}, shelf.until ? say("untilWord", {time: dateTime(shelf.until)}) : say("untilBack")))),
      element("p", {class: "reason"}, shelf.reason)),
    element("div", {class: "do"}, backButton(shelf)));
}
