// What the page knows: told by the stream, asked for where a view needs more. Views read it; nothing else writes it.

export const OVER = ["closed", "historical", "merged"];
export const DOMAINS = ["water", "energy", "waste", "disaster"];
const RANK = {critical: 0, warning: 1, info: 2};
const MOST_ANOMALIES = 200;

export const state = {
  pulse: null, incidents: new Map(), anomalies: [], trends: null, places: null, states: null, session: null,
  reachedAt: 0, lost: false, greeted: false, skew: 0,
};

let wake = () => {};
export const whenChanged = (handler) => { wake = handler; };
export const changed = () => wake();

// nadi's own time: the browser's clock may be wrong.
export const now = () => Date.now() + state.skew;

export function takeHello({pulse, incidents, anomalies, trends}) {
  state.incidents = new Map(incidents.map((each) => [each.id, each]));
  state.anomalies = anomalies;
  state.trends = trends;
  state.greeted = true;
  takePulse(pulse);
}

export function takePulse(pulse) {
  state.pulse = pulse;
  state.reachedAt = Date.now();
  state.skew = pulse.now - state.reachedAt;
  state.lost = false;
  changed();
}

export function takeIncidents({changed: fresh, gone}) {
  for (const each of fresh) state.incidents.set(each.id, each);
  for (const id of gone) state.incidents.delete(id);
  changed();
}

export function takeAnomalies(fresh) {
  state.anomalies = [...fresh, ...state.anomalies].slice(0, MOST_ANOMALIES);
  changed();
}

export function takeTrend({time, values}) {
  if (!state.trends) return;
  state.trends.time.push(time);
  state.trends.values.forEach((column, place) => column.push(values[place]));
  const extra = state.trends.time.length - 720;
  if (extra > 0) [state.trends.time, ...state.trends.values].forEach((column) => column.splice(0, extra));
}

// Going on, the gravest first; of equal ones what nobody has seen, what endangers life, then the newest.
export function open() {
  const going = [...state.incidents.values()].filter((each) => !OVER.includes(each.state));
  return going.sort((one, other) =>
    RANK[one.severity] - RANK[other.severity]
    || (one.state !== "unacknowledged") - (other.state !== "unacknowledged")
    || other.life_safety - one.life_safety
    || other.since - one.since);
}

// What asks for a person now: not held back in a flood, not put away, and more than a note.
export const presses = ({severity, state: how}) => severity !== "info" && !["suppressed", "shelved", "out-of-service"].includes(how);
export const pressing = () => open().filter(presses);

// How many go on, whether each of them has been told here or not. fits: of {domain, severity, state}.
export function counted(fits) {
  const rows = state.pulse?.open ?? [];
  return rows.reduce((sum, [domain, severity, how, number]) => sum + (fits({domain, severity, state: how}) ? number : 0), 0);
}

export function takeRest({incidents}) {
  for (const each of incidents) if (!(state.incidents.get(each.id)?.updated >= each.updated)) state.incidents.set(each.id, each);
  changed();
}

export const worst = (incidents) => incidents.reduce((found, each) => (RANK[each.severity] < (RANK[found] ?? 3) ? each.severity : found), "");
export const mayChange = () => state.session?.role === "operator";
