// Clocks of devices that are off: their readings stand at the wrong time, or are refused.

import {element} from "../dom.js";
import {count, say, span} from "../words.js";

const OFF_MS = 60_000;

export const clockOff = (ahead) => ahead !== null && Math.abs(ahead) > OFF_MS;
export const clockText = (ahead) => say(ahead > 0 ? "clockAhead" : "clockBehind", {time: span(Math.abs(ahead) / 1000)});

const place = (each) => [each.city, each.domain, each.zone, each.device].map(encodeURIComponent).join("/");

export function clocks({off, worst}) {
  if (!off) return element("p", {class: "state good"}, say("clocksRight"));
  return [
    element("p", {class: "quiet"}, say("clocksText")),
    element("ul", {class: "lines"}, worst.map((each) => element("li", {class: "warning", key: place(each)},
      element("span", {class: "dot warning", "aria-hidden": "true"}), element("a", {href: `#/device/${place(each)}`}, element("b", {}, each.device)),
      element("span", {class: "text"}, `${each.zone} · ${clockText(each.ahead_s * 1000)}`)))),
    off > worst.length ? element("p", {class: "quiet"}, say("moreText", {n: count(off - worst.length)})) : null,
  ];
}
