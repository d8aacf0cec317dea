// One device: its quantities, and of one of them readings, windows, expected range and flags.

import {element} from "../dom.js";
import {clockOff, clockText} from "../parts/clocks.js";
import {deviceOf} from "../parts/devices.js";
import {icon} from "../parts/icons.js";
import {flagRows, legend, past, pastChart} from "../parts/past.js";
import {now, open} from "../store.js";
import {ago, count, domainWord, kindWord, measured, number, percent, quantityWord, say, span, timeOfDay, unitText} from "../words.js";

const ROWS = 12;
let seconds = 3600;

export function device([city, domain, zone, name, wanted]) {
  const found = deviceOf({city, domain, zone, device: name});
  const back = element("a", {href: `#/zone/${[city, zone].map(encodeURIComponent).join("/")}`, class: "more back"}, `${say("zone")} ${zone}`);
  if (!found) return element("div", {class: "page", key: "device"}, back, element("p", {class: "state", role: "status"}, found === null ? say("noDevice") : say("loadingPart")));
  const quantity = found.quantities.find((each) => each.quantity === wanted) ?? found.quantities[0];
  const incidents = open().filter((each) => each.members.some((member) => member.city === city && member.domain === domain && member.zone === zone && member.device === name));
  return element("article", {class: "page device-page", key: `${city}/${domain}/${zone}/${name}`}, back,
    element("header", {class: "title"}, icon(domain), element("h1", {}, name), element("span", {class: "quiet"}, [domainWord(domain), zone, quantity?.place].filter(Boolean).join(" · ")),
      incidents.map((each) => element("a", {href: `#/incident/${each.id}`, class: `chip ${each.severity}`}, kindWord(each.kind)))),
    element("p", {class: "quiet"}, facts(found, quantity)),
    clockOff(found.clock_ahead_ms) ? element("p", {}, element("span", {class: "chip warning"}, clockText(found.clock_ahead_ms))) : null,
    element("nav", {class: "quantities", "aria-label": say("device")}, found.quantities.map((each) => tab(each, quantity, [city, domain, zone, name]))),
    quantity ? detail({city, domain, zone, device: name, quantity: quantity.quantity}, quantity) : element("p", {class: "state", role: "status"}, say("nothingTaken")));
}

function facts({gateway}, quantity) {
  return [gateway ? `${say("gateway")} ${gateway.split("/").slice(1).join("/")}` : "", quantity?.interval ? say("interval", {time: span(quantity.interval / 1000)}) : "", quantity && !quantity.catalogued ? say("notCatalogued") : ""].filter(Boolean).join(" · ");
}

function tab(each, chosen, names) {
  return element("a", {href: `#/device/${[...names, each.quantity].map(encodeURIComponent).join("/")}`, "aria-current": each === chosen ? "true" : null, class: "tile"},
    element("span", {}, quantityWord(each.quantity)), element("b", {}, measured(each.value, each.unit)), element("small", {}, each.time ? ago(now() - each.time) : say("unheard")));
}

function detail(series, quantity) {
  const end = Math.ceil(now() / 60_000) * 60_000;
  const kept = past(series, end - seconds * 1000, end, true);
  const redraw = (event) => event.target.dispatchEvent(new Event("redraw", {bubbles: true}));
  const choices = Object.entries(say("ranges")).map(([each, text]) => element("button", {type: "button", "aria-pressed": String(Number(each) === seconds), onclick: (event) => { seconds = Number(each); redraw(event); }}, text));
  return [
    element("section", {class: "panel", key: `detail-${quantity.quantity}`},
      element("div", {class: "title"}, element("h2", {}, `${quantityWord(quantity.quantity)} ${unitText(quantity.unit) ? `(${unitText(quantity.unit)})` : ""}`), element("div", {class: "tabs", role: "group", "aria-label": say("range")}, choices)),
      pastChart([...Object.values(series), seconds].join("/"), kept, quantity), legend(kept, quantity)),
    element("div", {class: "split even", key: "tables"},
      element("section", {class: "panel", key: "windows"}, element("h2", {}, say("windowsTable")), windows(kept)),
      element("section", {class: "panel", key: "flags"}, element("h2", {}, say("flagsWord")), flags(kept))),
  ];
}

function windows({answer} = {}) {
  if (!answer?.windows?.start.length) return element("p", {class: "state"}, say("noPast"));
  const {start, count: counts, mean, min, max, completeness, revision} = answer.windows;
  const places = start.map((_, place) => place).slice(-ROWS).reverse();
  const heads = [say("start"), say("count"), say("mean"), say("minimum"), say("maximum"), say("completeness"), say("revision")];
  return table(heads, places.map((place) => [timeOfDay(start[place]), count(counts[place]), number(mean[place]), number(min[place]), number(max[place]), percent(completeness[place]), count(revision[place])]));
}

function flags(kept) {
  const rows = flagRows(kept);
  return rows.length ? table([say("flagsWord"), say("count"), say("time")], rows.map(([word, {count: number_, time}]) => [word, count(number_), timeOfDay(time)])) : element("p", {class: "state good"}, say("noFlags"));
}

export const table = (heads, rows) => element("div", {class: "scroll", tabindex: "0"}, element("table", {}, element("thead", {}, element("tr", {}, heads.map((head) => element("th", {scope: "col"}, head)))), element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell) => element("td", {}, cell)))))));
