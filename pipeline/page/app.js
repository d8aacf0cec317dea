// Brings what is shown in step with what is known: the address names a view, the store wakes it.

import {get, post} from "./ask.js";
import {element, show} from "./dom.js";
import {drawCharts} from "./parts/chart.js";
import {headline, judge} from "./parts/headline.js";
import {cityWord} from "./parts/place.js";
import {counted, now, presses, state, whenChanged} from "./store.js";
import {follow} from "./stream.js";
import {isDark, switchTheme} from "./theme.js";
import {audit} from "./views/audit.js";
import {device} from "./views/device.js";
import {health} from "./views/health.js";
import {incident} from "./views/incident.js";
import {incidents} from "./views/incidents.js";
import {indicators} from "./views/indicators.js";
import {overview} from "./views/overview.js";
import {zone} from "./views/zone.js";
import {ago, count, hourMinute, language, liveIn, say, span, switchLanguage, zoneName} from "./words.js";

const VIEWS = {"": overview, incidents, incident, device, zone, indicators, health, audit};
const NAVIGATION = [["", "navOverview"], ["incidents", "navIncidents"], ["indicators", "navIndicators"], ["health", "navHealth"], ["audit", "navAudit"]];
const STATES_EVERY_MS = 15_000, STALE_MS = 60_000, OLD_MS = 180_000, SLOWEST_MS = 1000;
const place = (id) => document.getElementById(id);

let shownAddress = null;
let due = 0;

// What is no view of ours, or was typed wrong, is the overview.
function address() {
  try {
    const [view = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
    return Object.hasOwn(VIEWS, view) ? {view, rest} : {view: "", rest: []};
  } catch {
    return {view: "", rest: []};
  }
}

// A fault in one view is told in its place; the rest of the page goes on.
function viewed(view, rest) {
  try {
    return VIEWS[view](rest);
  } catch (error) {
    console.error(error);
    return element("p", {class: "state", role: "alert", key: "fault"}, say("failedAnswer", {why: error.message}));
  }
}

function draw() {
  due = 0;
  liveIn(state.pulse?.timezone);
  const {view, rest} = address();
  const {mood, text, moving} = judge();
  document.documentElement.lang = language;
  document.documentElement.dataset.shown = isDark() ? "dark" : "light";
  document.body.dataset.mood = mood;
  const title = [mood === "loading" ? "" : say(mood), state.places?.title, "nadi"].filter(Boolean).join(" · ");
  if (document.title !== title) document.title = title;
  // Heard when it changes, and not each second: what goes by is only written.
  announce(mood === "loading" ? "" : [say(mood), moving ? "" : text].filter(Boolean).join(". "));
  show(place("bar"), bar(view));
  show(place("main"), view === "" || mood === "lost" ? headline() : null, viewed(view, rest));
  show(place("foot"), state.pulse ? element("span", {}, say("foot", {version: state.pulse.version, time: span(state.pulse.uptime_s)})) : null);
  drawCharts(place("main"));
  if (shownAddress !== null && shownAddress !== location.hash) arrive();
  shownAddress = location.hash;
}

function announce(text) {
  if (place("told").textContent !== text) place("told").textContent = text;
}

// Another view: begin at its top, and let who hears the page hear its title.
function arrive() {
  scrollTo(0, 0);
  const heading = place("main").querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({preventScroll: true});
}

function bar(view) {
  const {pulse, lost, session} = state;
  const number = counted(presses);
  const current = {incident: "incidents", device: "", zone: ""}[view] ?? view;
  const seen = session?.role === "viewer" ? NAVIGATION.filter(([name]) => name !== "audit") : NAVIGATION;
  return [
    element("a", {href: "#/", class: "brand", key: "brand"}, element("img", {src: "/page/icon.svg", alt: "", width: 30, height: 30}), element("strong", {}, "nadi"), element("span", {class: "quiet"}, state.places?.title ?? (pulse?.city ? cityWord(pulse.city) : ""))),
    pulse ? element("time", {class: "clock", key: "clock", title: say("cityTime")}, `${hourMinute(now())} ${zoneName()}`) : null,
    element("nav", {class: "views", key: "views", "aria-label": say("title")}, seen.map(([name, word]) =>
      element("a", {href: `#/${name}`, "aria-current": name === current ? "page" : null}, say(word), name === "incidents" && number ? element("span", {class: "badge"}, count(number)) : null))),
    element("div", {class: "tools", key: "tools"},
      element("span", {class: `stream ${freshness()}`}, lost ? say("noStream") : pulse ? say("lastData", {ago: pulse.newest ? ago(now() - pulse.newest) : "–"}) : ""),
      element("button", {type: "button", id: "language", lang: language === "id" ? "en" : "id", onclick: () => { switchLanguage(); draw(); }}, say("language")),
      element("button", {type: "button", id: "theme", onclick: () => { switchTheme(); draw(); }}, say(isDark() ? "light" : "dark")),
      session?.user ? element("button", {type: "button", id: "sign-out", title: session.user, onclick: leave}, `${say("signOut")} (${session.user})`) : null),
  ];
}

function freshness() {
  if (state.lost || !state.pulse) return "lost";
  const age = now() - state.pulse.newest;
  return age > OLD_MS ? "lost" : age > STALE_MS ? "stale" : "fresh";
}

async function leave() {
  await post("/api/v1/session/end").catch(() => {});
  location.assign("/sign-in");
}

// At most one drawing a frame, however much there is to tell.
function wake() {
  due ||= requestAnimationFrame(draw);
}

async function askPlaces() {
  try {
    state.states = await get("/api/v1/states");
    if (state.places?.version !== state.states.version) state.places = await get("/api/v1/places");
    wake();
  } catch { /* the stream says that nadi is away */ }
}

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address names a view, so a jump within the page must not change it.
  event.preventDefault();
  place("main").focus();
});
whenChanged(wake);
addEventListener("hashchange", wake);
addEventListener("redraw", wake);
addEventListener("resize", wake);
matchMedia("(prefers-color-scheme: light)").addEventListener("change", wake);
setInterval(wake, SLOWEST_MS);
setInterval(askPlaces, STATES_EVERY_MS);
draw();
follow();
get("/api/v1/session").then((session) => { state.session = session; wake(); }).catch(() => {});
askPlaces();
