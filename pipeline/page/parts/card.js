// A domain's card: how it is, its figures with the last hour of each, and how complete its data is.

import {element} from "../dom.js";
import {counted, presses, pressing, state, worst} from "../store.js";
import {count, domainWord, incidentsWord, measured, percent, quantityWord, say} from "../words.js";
import {icon} from "./icons.js";
import {meter, spark} from "./spark.js";

const SHOWN = 2;

export const level = (complete) => (complete < 80 ? "critical" : complete < 95 ? "warning" : "good");

export function card(domain) {
  const numbers = state.pulse?.domains[domain];
  const here = pressing().filter((each) => each.domain === domain);
  const number = counted((each) => each.domain === domain && presses(each));
  const chip = number
    ? element("a", {href: `#/incidents/${domain}`, class: `chip ${worst(here)}`}, incidentsWord(number))
    : element("span", {class: "chip good"}, say("normal"));
  const head = element("header", {}, icon(domain), element("h2", {}, domainWord(domain)), numbers ? chip : null);
  if (!numbers) return element("article", {class: `card ${domain} waiting`, key: domain, "aria-busy": "true"}, head);
  if (!numbers.readings_total) return element("article", {class: `card ${domain} empty`, key: domain}, head, element("p", {class: "state"}, say("noReadings")));
  return element("article", {class: `card ${domain} ${worst(here)}`, key: domain}, head, figures(domain), foot(numbers));
}

function figures(domain) {
  const {trends} = state;
  if (!trends) return null;
  const mine = trends.figures.map((figure, place) => ({...figure, values: trends.values[place]})).filter((figure) => figure.domain === domain);
  return element("div", {class: "trends"}, mine.filter(({values}) => values.some((value) => value !== null)).slice(0, SHOWN).map(({quantity, statistic, unit, values}) => {
    const value = values.at(-1) ?? null;
    const text = `${quantityWord(quantity)}, ${say(statistic)}`;
    return element("div", {class: "trend", key: quantity},
      element("p", {}, element("b", {}, measured(value, unit)), element("span", {}, text)), spark(values, `${text}: ${measured(value, unit)}, ${say("lastHour")}`));
  }));
}

function foot(numbers) {
  const parts = [element("span", {}, say("sensors", {n: count(numbers.devices)}))];
  if (numbers.completeness === null) return element("footer", {}, ...parts, element("span", {}, say("unknownCompleteness")));
  const text = say("complete", {n: percent(numbers.completeness)});
  return element("footer", {}, ...parts, element("span", {}, text), meter(numbers.completeness / 100, level(numbers.completeness), text));
}
