// An answer that a view needs and the stream does not tell: asked for at first sight, and again every few seconds.

import {get} from "../ask.js";
import {element} from "../dom.js";
import {changed} from "../store.js";
import {say} from "../words.js";

const kept = new Map();
const AGAIN_MS = 10_000;

export function asked(path, everyMs = 5000) {
  const known = kept.get(path);
  const patience = known?.failure ? Math.min(everyMs, AGAIN_MS) : everyMs;
  if (!known || (!known.asking && Date.now() - known.at > patience)) {
    const entry = {...known, at: Date.now(), asking: true};
    kept.set(path, entry);
    get(path).then((answer) => kept.set(path, {answer, at: Date.now()}), (error) => kept.set(path, {answer: entry.answer, failure: error.message, status: error.status, at: Date.now()})).finally(changed);
  }
  return kept.get(path);
}

// What is shown is what was told before the last question failed.
export const stale = (failure) => (failure ? element("p", {class: "chip warning", role: "status", key: "stale"}, say("oldAnswer", {why: failure})) : null);

// Loading, failed, or what `draw` makes of the answer.
export function whenThere({answer, failure}, draw) {
  if (answer) return [stale(failure), draw(answer)];
  return element("p", {class: "state", role: "status"}, failure ? say("failedAnswer", {why: failure}) : say("loadingPart"));
}
