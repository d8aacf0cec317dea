// The one way in which the page makes elements (never from text), and keeps what is shown in step with what should be.

const SVG = "http://www.w3.org/2000/svg";

// Properties that begin with "on" are listeners; `key` tells siblings apart, `keep` leaves an element's inside alone.
export const element = (name, properties = {}, ...children) => fill(document.createElement(name), properties, children);
export const svg = (name, properties = {}, ...children) => fill(document.createElementNS(SVG, name), properties, children);

function fill(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) listen(made, name.slice(2), value);
    else if (name === "key" || name === "keep") made.dataset[name] = value;
    else if (name === "value") made.value = value;
    else if (name === "spec") made.spec = value;
    else made.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return made;
}

// One listener an event, which calls whatever the last drawing asked for.
function listen(target, name, handler) {
  target.handlers ??= {};
  if (!(name in target.handlers)) target.addEventListener(name, (event) => target.handlers[name]?.(event));
  target.handlers[name] = handler;
}

// Let the children of `target` be like `wanted`, changing only what differs: focus, selection and charts stay.
export function show(target, ...wanted) {
  const fresh = wanted.flat(Infinity).filter(Boolean);
  const keyed = new Map();
  for (const child of target.children) if (child.dataset?.key) keyed.set(child.dataset.key, child);
  let at = target.firstChild;
  for (const want of fresh) {
    const key = want.dataset?.key;
    const match = key ? keyed.get(key) : at && !at.dataset?.key && at.nodeName === want.nodeName ? at : null;
    if (!match || match.nodeName !== want.nodeName) {
      target.insertBefore(want, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else target.insertBefore(match, at);
    sync(match, want);
  }
  while (at) [at, at] = [at.nextSibling, at.remove()];
}

function sync(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  // What somebody has folded open or shut stays so.
  const theirs = (name) => name === "open" && old.nodeName === "DETAILS";
  for (const {name} of [...old.attributes]) if (!fresh.hasAttribute(name) && !theirs(name)) old.removeAttribute(name);
  for (const {name, value} of fresh.attributes) if (old.getAttribute(name) !== value && !theirs(name)) old.setAttribute(name, value);
  for (const [name, handler] of Object.entries(fresh.handlers ?? {})) listen(old, name, handler);
  for (const name of Object.keys(old.handlers ?? {})) if (!(name in (fresh.handlers ?? {}))) old.handlers[name] = null;
  if (fresh.spec) old.spec = fresh.spec;
  if (fresh.dataset?.keep) return;
  show(old, ...fresh.childNodes);
}
