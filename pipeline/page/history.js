// What the page remembers between two answers: short histories, and which rows a card shows.

const POINTS = 120;
// A row that no answer has held for so long gives its place to another.
const FORGET_MS = 120_000;
const ROWS = 5;

export class History {
  constructor() {
    this.rates = new Map();
    this.rows = new Map();
    this.shown = new Map();
  }

  take(status) {
    for (const [domain, numbers] of Object.entries(status.domains)) {
      push(this.rates, domain, numbers.rate ?? 0);
      for (const row of numbers.latest) this.#takeRow(domain, row, status.now);
    }
    for (const [key, row] of this.rows) if (status.now - row.told > FORGET_MS) this.rows.delete(key);
  }

  #takeRow(domain, row, now) {
    const key = JSON.stringify([domain, row.zone, row.device, row.quantity]);
    const known = this.rows.get(key) ?? {domain, values: []};
    if (known.time !== row.time) {
      known.values.push(row.value);
      if (known.values.length > POINTS) known.values.shift();
    }
    this.rows.set(key, Object.assign(known, row, {told: now}));
  }

  // The answer holds whoever spoke last, which changes each second. A card keeps its rows while they
  // live, and fills free places with quantities that it does not show yet.
  rowsOf(domain) {
    const kept = (this.shown.get(domain) ?? []).filter((key) => this.rows.has(key));
    const candidates = [...this.rows].filter(([key, row]) => row.domain === domain && !kept.includes(key));
    while (kept.length < ROWS && candidates.length) {
      const quantities = new Set(kept.map((key) => this.rows.get(key).quantity));
      const fresh = candidates.findIndex(([, row]) => !quantities.has(row.quantity));
      kept.push(candidates.splice(Math.max(0, fresh), 1)[0][0]);
    }
    this.shown.set(domain, kept);
    return kept.map((key) => this.rows.get(key));
  }
}

function push(map, key, value) {
  const values = map.get(key) ?? [];
  values.push(value);
  if (values.length > POINTS) values.shift();
  map.set(key, values);
}
