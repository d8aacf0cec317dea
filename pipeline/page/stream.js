// The stream of events. The browser comes back by itself; what it missed meanwhile it is told then.

import {get} from "./ask.js";
import * as store from "./store.js";

const PATIENCE_MS = 8000;
const TRY_AGAIN_MS = 3000;
const REST_MS = 60_000;
const OPENED_AT = Date.now();

let source = null;
let checking = 0;
let restAt = 0;
let cut = false;

export function follow() {
  source?.close();
  source = new EventSource("/api/v1/events");
  const on = (name, take) => source.addEventListener(name, (event) => take(JSON.parse(event.data)));
  on("hello", (told) => { store.takeHello(told); restAt = 0; cut = told.more; askRest(); });
  on("pulse", (told) => { store.takePulse(told); askRest(); });
  on("incidents", store.takeIncidents);
  on("anomalies", store.takeAnomalies);
  on("trend", store.takeTrend);
  source.onerror = () => {
    lose();
    // A stream that was refused (signed out, or too many pages) is not tried again by the browser.
    if (source.readyState === EventSource.CLOSED) setTimeout(again, TRY_AGAIN_MS);
  };
  clearInterval(checking);
  checking = setInterval(() => { if (silentFor() > PATIENCE_MS) lose(); }, 1000);
}

// What has never been reached has not been silent for longer than it was asked.
const silentFor = () => Date.now() - Math.max(store.state.reachedAt, OPENED_AT);

// The greeting holds the gravest; where more go on they are asked for.
async function askRest() {
  if ((!cut && store.counted(() => true) <= store.open().length) || Date.now() - restAt < REST_MS) return;
  restAt = Date.now();
  try {
    store.takeRest(await get("/api/v1/incidents"));
    cut = false;
  } catch (error) {
    console.info(error.message);
  }
}

function lose() {
  store.state.lost = silentFor() > 2500;
  store.changed();
}

async function again() {
  try {
    const {users, user} = await (await fetch("/api/v1/session")).json();
    if (users && !user) return location.assign(`/sign-in${location.hash}`);
  } catch { /* nadi is away: try again */ }
  follow();
}
