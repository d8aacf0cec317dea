// The parts of the page, each drawn anew from the status into its place.

import {element, icon, meter, range, sparkline} from "./draw.js";
import {ago, bytes, count, number, quantityWord, reading, reasonWord, say, span, stateWord, timeOfDay, unitText} from "./words.js";

const DOMAINS = ["water", "energy", "waste", "disaster"];
const RECENT_MS = 15 * 60_000;
const ANOMALIES = 12;
const INCIDENTS = 8;
const OVER = ["closed", "historical", "merged"];

const level = (value, warning, critical) => (value >= critical ? "critical" : value >= warning ? "warning" : "good");
const complete = (percent) => level(100 - percent, 5, 20);

export function problems(target, list) {
  target.replaceChildren(...list.map((text) => element("li", {}, text)));
}

function figure(value, label) {
  return element("div", {}, element("dd", {}, value), element("dt", {}, label));
}

export function figures(target, status) {
  const domains = Object.values(status.domains);
  const sum = (key) => domains.reduce((total, domain) => total + (domain[key] ?? 0), 0);
  const known = domains.filter((domain) => domain.completeness !== null);
  const worst = Math.min(...known.map((domain) => domain.completeness));
  target.replaceChildren(
    figure(number(sum("rate"), sum("rate") < 10 ? 1 : 0), say("readingsPerSecond")),
    figure(count(sum("devices")), say("devices")),
    ...(known.length ? [figure(`${number(worst, worst < 99.95 ? 1 : 0)}%`, say("complete"))] : []),
  );
}

export function skeleton(target) {
  target.replaceChildren(
    ...DOMAINS.map((domain) => element("article", {class: "card waiting", "aria-hidden": "true"}, icon(domain))),
  );
}

export function domains(target, status, history) {
  target.replaceChildren(...DOMAINS.map((domain) => card(domain, status, history)));
}

function card(domain, status, history) {
  const numbers = status.domains[domain];
  const recent = status.anomalies.filter((found) => found.domain === domain && status.now - found.time < RECENT_MS);
  const severities = recent.map((found) => found.severity);
  const worst = severities.includes("critical") ? "critical" : severities.includes("warning") ? "warning" : "good";
  const alarms = recent.filter((found) => found.severity !== "info").length;
  const head = element(
    "header", {},
    icon(domain),
    element("h2", {}, say(domain)),
    alarms ? element("span", {class: `chip ${worst}`}, say(alarms === 1 ? "anomalyOfDomain" : "anomaliesOfDomain", {n: count(alarms)})) : null,
  );
  if (!numbers.readings_total) {
    return element("article", {class: "card empty"}, head, element("p", {class: "quiet"}, say("noReadings")));
  }
  const rate = element(
    "div", {class: "rate"},
    element("p", {}, element("b", {}, number(numbers.rate, numbers.rate < 10 ? 1 : 0)), ` ${say("readingsPerSecond")}`),
    sparkline(history.rates.get(domain) ?? [], {width: 160, height: 40, fromZero: true}),
  );
  const rows = element("ul", {class: "rows"}, ...history.rowsOf(domain).map(row));
  return element("article", {class: `card ${worst}`}, head, rate, rows, completeness(numbers));
}

function row(one) {
  const unit = unitText(one.unit);
  return element(
    "li", {title: `${one.zone} · ${one.device} · ${timeOfDay(one.time)}`},
    element("span", {class: "what"}, element("b", {}, quantityWord(one.quantity)), element("small", {}, `${one.zone} · ${one.device}`)),
    sparkline(one.values, {width: 56, height: 24}),
    element("span", {class: "value"}, reading(one.value, one.unit), unit ? element("small", {}, unit) : null),
  );
}

function completeness(numbers) {
  const devices = `${count(numbers.devices)} ${say("devices")}`;
  if (numbers.completeness === null) {
    return element("footer", {class: "quiet"}, element("span", {}, say("unknownCompleteness")), element("span", {}, devices));
  }
  const text = `${number(numbers.completeness, 1)}%`;
  return element(
    "footer", {class: "quiet"},
    element("span", {}, `${say("completeness")} ${text}`),
    element("span", {}, devices),
    meter(numbers.completeness / 100, complete(numbers.completeness), text),
  );
}

// What goes on, or is over and not seen by anybody; the list is hidden where there is nothing.
export function incidents(target, status) {
  const open = (status.incidents ?? []).filter((each) => !OVER.includes(each.state));
  target.parentElement.hidden = !open.length;
  target.replaceChildren(...open.slice(0, INCIDENTS).map((each) => incident(each, status.now)));
}

function incident(each, now) {
  const word = each.severity === "critical" ? say("criticalWord") : say(each.severity);
  const where = [each.domain === "*" ? null : say(each.domain), each.zone === "*" ? say("everywhere") : each.zone, stateWord(each.state)];
  return element(
    "li", {class: each.severity},
    element("div", {class: "meta"},
      element("span", {class: `chip ${each.severity}`}, word),
      element("span", {class: "where"}, where.filter(Boolean).join(" · ")),
      element("time", {title: timeOfDay(each.since), dateTime: new Date(each.since).toISOString()}, ago(now - each.since)),
    ),
    element("p", {}, each.reason),
  );
}

export function anomalies(target, status) {
  if (!status.anomalies.length) {
    target.replaceChildren(element("li", {class: "nothing quiet"}, say("noAnomalies")));
    return;
  }
  target.replaceChildren(...status.anomalies.slice(0, ANOMALIES).map((found) => anomaly(found, status.now)));
}

function anomaly(found, now) {
  const word = found.severity === "critical" ? say("criticalWord") : say(found.severity);
  const where = [say(found.domain), found.zone, found.device, quantityWord(found.quantity)].join(" · ");
  return element(
    "li", {class: found.severity},
    element("div", {class: "meta"},
      element("span", {class: `chip ${found.severity}`}, word),
      element("span", {class: "where"}, where),
      element("time", {title: timeOfDay(found.time), dateTime: new Date(found.time).toISOString()}, ago(now - found.time)),
    ),
    element("p", {}, found.reason),
    element("div", {class: "evidence"}, range(found.value, found.low, found.high), element("small", {}, bounds(found))),
  );
}

function bounds({value, low, high}) {
  const shown = {low: number(low), high: number(high)};
  const text = low !== null && high !== null ? say("expected", shown) : high !== null ? say("atMost", shown) : low !== null ? say("atLeast", shown) : "";
  return value === null ? text : `${number(value)}${text && `, ${text}`}`;
}

function line(name, state, text, ...more) {
  return element("div", {class: "line"}, element("span", {class: `dot ${state}`, "aria-hidden": "true"}), element("b", {}, name), element("span", {class: "text"}, text), ...more);
}

export function pipeline(target, status) {
  const total = (key) => Object.values(status.domains).reduce((sum, domain) => sum + (domain[key] ?? 0), 0);
  const share = status.journal.bytes / status.journal.max_bytes;
  const journalText = `${bytes(status.journal.bytes)} · ${say("full", {percent: `${number(share * 100, share < 0.1 ? 1 : 0)}%`})}`;
  const lines = [
    status.mqtt ? broker(status.mqtt) : null,
    line(say("journal"), level(share, 0.5, 0.8), journalText, meter(share, level(share, 0.5, 0.8), journalText)),
    ...Object.entries(status.sinks).map(([name, sink]) => store(name, sink)),
    status.end_to_end ? speed(status.end_to_end) : null,
  ];
  const totals = element(
    "dl", {class: "totals"},
    ...[["messages", status.messages_total], ["windows", total("windows_total")], ["duplicates", total("duplicate_total")], ["late", status.late_total ?? null]]
      .map(([key, value]) => figure(count(value), say(key))),
  );
  target.replaceChildren(...lines.filter(Boolean), totals, rejects(status.rejects));
}

function broker(mqtt) {
  if (!mqtt.connected) return line(say("broker"), "critical", [say("disconnected"), mqtt.reason].filter(Boolean).join(": "));
  return line(say("broker"), mqtt.session_lost ? "warning" : "good", say(mqtt.session_lost ? "sessionLost" : "connected"));
}

function store(name, sink) {
  const late = sink.lag_s > 5 ? say("behind", {time: span(sink.lag_s)}) : say("upToDate");
  const more = [
    sink.pending > 0 && sink.lag_s > 5 ? say("pending", {n: count(sink.pending)}) : "",
    sink.dropped ? say("dropped", {n: count(sink.dropped)}) : "",
    sink.quarantined ? say("quarantined", {n: count(sink.quarantined)}) : "",
    sink.last_error ?? "",
  ];
  const state = sink.dropped || sink.lag_s > 60 ? "critical" : sink.last_error || sink.lag_s > 10 || sink.quarantined ? "warning" : "good";
  return line(say("store", {name}), state, [late, ...more].filter(Boolean).join(" · "));
}

function speed({p99_s: most}) {
  if (most === null || most === undefined) return null;
  return line(say("endToEnd"), level(most, 1.5, 5), say("most", {time: span(most)}));
}

function rejects(reasons) {
  const list = Object.entries(reasons).filter(([, number]) => number > 0).sort((one, other) => other[1] - one[1]);
  if (!list.length) return element("div", {class: "rejects quiet"}, say("noRejects"));
  const most = list[0][1];
  return element(
    "div", {class: "rejects"},
    element("h3", {}, say("rejects")),
    ...list.map(([reason, number]) => element("div", {class: "reject"}, element("span", {}, reasonWord(reason)), meter(number / most, "warning", reason), element("span", {}, count(number)))),
  );
}

export const foot = (status) => say("foot", {version: status.version, time: span(status.uptime_s)});
