// The data path: what is connected, what waits, the books, and what was refused with its last payloads.

import {element} from "../dom.js";
import {asked, whenThere} from "../parts/asked.js";
import {clocks} from "../parts/clocks.js";
import {problemText} from "../parts/problems.js";
import {meter} from "../parts/spark.js";
import {trust} from "../parts/trust.js";
import {state} from "../store.js";
import {bytes, count, dateTime, number, reasonText, reasonWord, say, span} from "../words.js";
import {table} from "./device.js";

const EVERY_MS = 3000, LETTERS = 20, GATEWAYS = 200, PAYLOAD = 400;
const BOOKS = ["received", "stored", "duplicate", "rejected", "late", "failed"];
const level = (value, warning, critical) => (value >= critical ? "critical" : value >= warning ? "warning" : "good");

export function health() {
  const {pulse} = state;
  if (!pulse) return element("p", {class: "state", role: "status"}, say("loadingPart"));
  return element("div", {class: "page", key: "health"}, element("header", {class: "title"}, element("h1", {}, say("health"))),
    element("div", {class: "split even", key: "top"}, trust(false), element("section", {class: "panel", key: "parts"}, element("h2", {}, say("problems")), problems(pulse), parts(pulse))),
    element("section", {class: "panel", key: "ledger"}, element("h2", {}, say("ledger")), element("p", {class: "quiet"}, say("ledgerText")), whenThere(asked(`/api/v1/ledger?limit=${GATEWAYS}`, EVERY_MS), ledger)),
    element("section", {class: "panel", key: "refused"}, element("h2", {}, say("refusedTitle")), reasons(pulse.rejects), whenThere(asked(`/api/v1/deadletters?limit=${LETTERS}`, EVERY_MS), letters)),
    pulse.clocks ? element("section", {class: "panel", key: "clocks"}, element("h2", {}, say("clocks")), clocks(pulse.clocks)) : null,
    element("section", {class: "panel", key: "anomalies"}, element("h2", {}, say("anomalies")), anomalies()));
}

function problems({problems: told, notices = []}) {
  if (!told.length && !notices.length) return element("p", {class: "state good"}, say("noProblems"));
  return element("ul", {class: "problems"}, [...told, ...notices].map((each) => element("li", {}, problemText(each))));
}

const line = (name, grade, text, ...more) => element("li", {class: grade}, element("span", {class: `dot ${grade}`, "aria-hidden": "true"}), element("b", {}, name), element("span", {class: "text"}, text), ...more);

function parts({mqtt, journal, sinks, alerts = {}, end_to_end: {p99_s: most}}) {
  const share = journal.bytes / journal.max_bytes;
  const text = `${bytes(journal.bytes)} · ${say("full", {percent: `${number(share * 100, share < 0.1 ? 1 : 0)} %`})}`;
  return element("ul", {class: "lines"},
    line(say("broker"), mqtt.connected ? (mqtt.session_lost ? "warning" : "good") : "critical", mqtt.connected ? say(mqtt.session_lost ? "sessionLost" : "connected") : [say("disconnected"), mqtt.reason].filter(Boolean).join(": ")),
    line(say("journal"), level(share, 0.5, 0.8), text, meter(share, level(share, 0.5, 0.8), text)),
    Object.entries(sinks).map(([name, sink]) => store(name, sink)),
    Object.entries(alerts).map(([name, channel]) => alertChannel(name, channel)),
    most === null ? null : line(say("endToEnd"), level(most, 1.5, 5), say("most", {time: span(most)})));
}

function store(name, sink) {
  const late = sink.lag_s > 5 ? say("behind", {time: span(sink.lag_s)}) : say("upToDate");
  const more = [sink.pending > 0 && sink.lag_s > 5 ? say("pending", {n: count(sink.pending)}) : "", sink.dropped ? say("dropped", {n: count(sink.dropped)}) : "", sink.quarantined ? say("quarantined", {n: count(sink.quarantined)}) : "", sink.last_error ?? ""];
  const grade = sink.dropped || sink.lag_s > 60 ? "critical" : sink.last_error || sink.lag_s > 10 || sink.quarantined ? "warning" : "good";
  return line(say("store", {name}), grade, [late, ...more].filter(Boolean).join(" · "));
}

function alertChannel(name, {told, waiting, given_up: lost, refused, problem}) {
  const failed = lost + refused;
  const parts_ = [say("toldAlerts", {n: count(told)}), waiting ? say("pending", {n: count(waiting)}) : "", failed ? say("givenUp", {n: count(failed)}) : "", problem ?? ""];
  return line(say("alertChannel", {name}), problem ? "critical" : failed ? "warning" : "good", parts_.filter(Boolean).join(" · "));
}

function ledger({all, gateways, no_gateway: without, messages}) {
  const off = all.received - all.stored - all.duplicate - all.rejected;
  const row = (name, books, missing) => [name, ...BOOKS.map((column) => count(books[column])), count(missing)];
  const rows = Object.entries(gateways).sort(([, one], [, other]) => other.rejected - one.rejected || other.received - one.received).slice(0, GATEWAYS);
  return [
    element("p", {}, element("span", {class: `chip ${off ? "warning" : "good"}`}, off ? say("notBalanced", {n: count(off)}) : say("balanced")), ` ${say("messages")}: ${count(messages)}`),
    table([say("gateway"), ...BOOKS.map((column) => say(column)), say("missing")],
      [row(say("total"), all, all.sequences.missing), ...rows.map(([name, books]) => row(name, books, books.sequences.missing)), ...(without.received ? [row(say("noGateway"), without, null)] : [])]),
  ];
}

function reasons(rejects) {
  const list = Object.entries(rejects).filter(([, n]) => n > 0).sort((one, other) => other[1] - one[1]);
  if (!list.length) return element("p", {class: "state good"}, say("noRejects"));
  return element("ul", {class: "bars"}, list.map(([reason, n]) => element("li", {}, element("span", {}, reasonWord(reason)), meter(n / list[0][1], "warning", reasonWord(reason)), element("b", {}, count(n)))));
}

function letters({letters: told}) {
  if (!told.length) return null;
  return [element("h3", {}, say("lastRefused")), element("ol", {class: "letters"}, told.map((each) =>
    element("li", {key: each.id}, element("p", {}, element("span", {class: "chip warning"}, reasonWord(each.reason)), " ", element("time", {}, dateTime(each.arrival)), " ", element("code", {}, each.topic)),
      each.detail ? element("p", {class: "quiet"}, each.detail) : null, element("pre", {tabindex: "0"}, (each.payload ?? `base64 ${each.payload_base64}`).slice(0, PAYLOAD)))))];
}

function anomalies() {
  if (!state.anomalies.length) return element("p", {class: "state good"}, say("noAnomalies"));
  return element("ol", {class: "plain"}, state.anomalies.slice(0, 15).map((each) => element("li", {}, element("span", {class: `chip ${each.severity}`}, say(each.severity === "critical" ? "criticalWord" : each.severity)), " ", element("time", {class: "quiet"}, dateTime(each.time)), " ",
    element("b", {}, `${each.zone} · ${each.device}`), " ", reasonText(each))));
}
