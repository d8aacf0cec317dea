// Questions and decisions: JSON there and back. Who is not signed in any more is led to the sign-in page.

const PATIENCE_MS = 15_000;

export class Refused extends Error {
  constructor(why, status) {
    super(why);
    this.status = status;
  }
}

async function answer(path, options) {
  const response = await fetch(path, {signal: AbortSignal.timeout(PATIENCE_MS), ...options});
  if (response.status === 401 && path !== "/api/v1/session") {
    location.assign(`/sign-in${location.hash}`);
    throw new Refused("401", 401);
  }
  const told = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
  if (!response.ok) throw new Refused(told.error ?? `HTTP ${response.status}`, response.status);
  return told;
}

const OURS = {"X-Nadi-Page": "1"};
export const get = (path) => answer(path, {headers: OURS});
export const post = (path, body = {}) => answer(path, {method: "POST", headers: {...OURS, "Content-Type": "application/json"}, body: JSON.stringify(body)});
export const query = (values) => new URLSearchParams(values).toString();
