// Small drawings of lines.

import {svg} from "../dom.js";

const PATHS = {
  water: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z",
  energy: "M13 2 5 14h6l-1 8 9-13h-6z",
  waste: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10 11v6M14 11v6",
  disaster: "M2 18c2 0 3-2 5-2s3 2 5 2 3-2 5-2 3 2 5 2M4 11l8-7 8 7M8 8v4M16 8v4",
  "*": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18",
  check: "M4 12l5 6L20 6",
  alert: "M12 3 2 20h20zM12 9v5M12 17v.5",
  octagon: "M8 2h8l6 6v8l-6 6H8l-6-6V8zM12 7v6M12 16v.5",
  eye: "M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  note: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v6M12 7v.5",
};

export const icon = (name, label = "") => svg("svg", {viewBox: "0 0 24 24", class: `icon ${name === "*" ? "all" : name}`, ...(label ? {role: "img", "aria-label": label} : {"aria-hidden": "true"})}, svg("path", {d: PATHS[name] ?? PATHS["*"]}));

// The lines alone, to be drawn into another picture.
export const glyph = (name) => svg("path", {d: PATHS[name] ?? PATHS["*"], class: "glyph", transform: "translate(-9 -9) scale(.75)"});

export const severityIcon = (severity) => icon({critical: "octagon", warning: "alert"}[severity] ?? "note");
