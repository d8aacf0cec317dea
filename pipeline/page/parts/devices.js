// What is known of a device, asked for when a view first wants it and again while it is looked at.

import {get, query} from "../ask.js";
import {changed} from "../store.js";

const FRESH_MS = 5000;
const kept = new Map();

// The answer to /api/v1/device, null where it is unknown, undefined while it is not here yet.
export function deviceOf({city, domain, zone, device}) {
  const key = JSON.stringify([city, domain, zone, device]);
  const known = kept.get(key);
  if (!known || (!known.asking && Date.now() - known.asked > FRESH_MS)) {
    const entry = {...known, asked: Date.now(), asking: true};
    if (kept.size > 100) kept.delete(kept.keys().next().value);
    kept.set(key, entry);
    get(`/api/v1/device?${query({city, domain, zone, device})}`)
      .then((answer) => kept.set(key, {answer, asked: Date.now()}), (error) => kept.set(key, {answer: error.status === 404 ? null : entry.answer, asked: Date.now()}))
      .finally(changed);
  }
  return kept.get(key).answer;
}
