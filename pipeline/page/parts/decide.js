// What an operator decides about an incident: buttons, and a small form where a reason is needed.

import {post, Refused} from "../ask.js";
import {element} from "../dom.js";
import {changed, mayChange, state} from "../store.js";
import {say, span} from "../words.js";

const FITS = {
  acknowledge: ["unacknowledged", "returned", "suppressed"],
  shelve: ["unacknowledged", "acknowledged", "suppressed", "shelved", "returned"],
  unshelve: ["shelved"],
  "out-of-service": ["unacknowledged", "acknowledged", "suppressed", "shelved", "returned"],
  "in-service": ["out-of-service"],
  comment: null,
};
const BACK = ["unshelve", "in-service"];
const NEEDS_REASON = ["shelve", "comment", "out-of-service"];
const HOURS = [1, 2, 8, 24, 72];

// What is open, under way, and was said, by incident.
const forms = new Map();
const told = new Map();

// What is put away is brought back also where its incident is over: the next one would be put away with it.
const putAway = ({shelf}) => (shelf ? (shelf.until ? "shelved" : "out-of-service") : "");
const fits = (command, incident) => FITS[command] === null || FITS[command].includes(incident.state) || (BACK.includes(command) && FITS[command].includes(putAway(incident)));

async function send(incident, command, body = {}) {
  const asked = forms.has(incident.id);
  told.set(incident.id, {busy: command});
  changed();
  try {
    await post(`/api/v1/incidents/${encodeURIComponent(incident.id)}/${command}`, body);
    forms.delete(incident.id);
    told.set(incident.id, {text: say("sent")});
  } catch (error) {
    told.set(incident.id, {text: error instanceof Refused ? error.message : say("signInLost"), bad: true});
  }
  changed();
  if (asked && !forms.has(incident.id)) goBackTo(command);
}

export function acknowledgeButton(incident) {
  if (!mayChange() || !fits("acknowledge", incident)) return null;
  const busy = told.get(incident.id)?.busy;
  return element("button", {type: "button", class: "primary", "data-command": "acknowledge", disabled: Boolean(busy), onclick: () => send(incident, "acknowledge")}, say("acknowledge"));
}

// Of what is put away, which may have no incident any more.
export function backButton(shelf) {
  if (!mayChange()) return null;
  const word = told.get(shelf.incident), command = shelf.state === "shelved" ? "unshelve" : "in-service";
  return [
    element("button", {type: "button", "data-command": command, disabled: Boolean(word?.busy), onclick: () => send({id: shelf.incident}, command)}, say(command)),
    element("p", {class: word?.bad ? "said bad" : "said", role: "status"}, word?.text ?? "")];
}

export function decisions(incident) {
  if (!mayChange()) return element("p", {class: "quiet"}, state.session ? say("viewerOnly") : "");
  const word = told.get(incident.id);
  const buttons = Object.keys(FITS).filter((command) => command !== "acknowledge" && fits(command, incident)).map((command) =>
    element("button", {type: "button", "data-command": command, "aria-expanded": NEEDS_REASON.includes(command) ? String(forms.get(incident.id) === command) : null, disabled: Boolean(word?.busy), onclick: () => choose(incident, command)}, say(command)));
  return element("div", {class: "decisions"},
    element("div", {class: "buttons"}, acknowledgeButton(incident), buttons),
    forms.has(incident.id) ? form(incident, forms.get(incident.id)) : null,
    element("p", {class: word?.bad ? "said bad" : "said", role: "status"}, word?.text ?? ""));
}

function choose(incident, command) {
  told.delete(incident.id);
  if (!NEEDS_REASON.includes(command)) return send(incident, command);
  if (forms.get(incident.id) === command) forms.delete(incident.id);
  else forms.set(incident.id, command);
  changed();
  requestAnimationFrame(() => document.querySelector(".decisions textarea")?.focus());
}

// Who works by keyboard goes on where the form was asked for, and not at the top of the page.
function goBackTo(command) {
  requestAnimationFrame(() => (document.querySelector(`.decisions [data-command="${command}"]`) ?? document.querySelector(".decisions button"))?.focus());
}

function form(incident, command) {
  const submit = (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const reason = data.get("reason").trim();
    if (!reason) return;
    send(incident, command, command === "shelve" ? {reason, for: `${data.get("hours")}h`} : {reason});
  };
  const close = () => { forms.delete(incident.id); changed(); goBackTo(command); };
  return element("form", {key: `form-${command}`, onsubmit: submit, onkeydown: (event) => { if (event.key === "Escape") close(); }},
    element("label", {}, element("span", {}, say("reason")), element("textarea", {name: "reason", rows: 2, required: true, maxlength: 1000, placeholder: say("reasonNeeded")})),
    command === "shelve" ? element("label", {}, element("span", {}, say("duration")), element("select", {name: "hours"}, HOURS.map((hours) => element("option", {value: hours}, span(hours * 3600))))) : null,
    element("div", {class: "buttons"}, element("button", {type: "submit", class: "primary"}, say(command)), element("button", {type: "button", onclick: close}, say("cancel"))));
}
