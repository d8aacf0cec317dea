// Every word of the page in both languages, and numbers, units and times as people write them.

const WORDS = {
  id: {
    loading: "Menghubungi nadi…",
    well: "Kota baik-baik saja",
    attention: "Ada yang perlu diperhatikan",
    critical: "Perlu tindakan segera",
    blind: "Sebagian kota tidak terpantau",
    silent: "Tidak ada data masuk",
    lost: "nadi tidak dapat dihubungi",
    lostSince: "Angka di bawah ini dari {ago}. Halaman ini terus mencoba.",
    neverReached: "Belum pernah terhubung. Halaman ini terus mencoba.",
    silentSince: "Data terakhir {ago}.",
    noDataYet: "Belum ada data yang diterima.",
    fresh: "Data terakhir {ago}.",
    found: "{critical} kritis dan {warning} peringatan dalam 15 menit terakhir: {where}.",
    quiet: "Tidak ada anomali berarti dalam 15 menit terakhir.",
    now: "baru saja", seconds: "{n} detik lalu", minutes: "{n} menit lalu", hours: "{n} jam lalu", days: "{n} hari lalu",
    city: "Kota {city}",
    updated: "diperbarui {time}",
    readingsPerSecond: "bacaan/detik", complete: "kelengkapan terendah", devices: "alat", series: "deret",
    water: "Air", energy: "Energi", waste: "Sampah", disaster: "Bencana",
    noReadings: "Belum ada bacaan.",
    completeness: "Kelengkapan", unknownCompleteness: "Kelengkapan tidak diketahui: tanpa katalog",
    anomaliesOfDomain: "{n} anomali", anomalyOfDomain: "1 anomali",
    anomalies: "Anomali terbaru", noAnomalies: "Belum ada anomali. Itu kabar baik.",
    incidents: "Insiden", everywhere: "seluruh kota", life: "keselamatan jiwa",
    states: {unacknowledged: "belum ditangani", acknowledged: "ditangani", returned: "pulih, belum dilihat", shelved: "ditunda", suppressed: "ditahan", "out-of-service": "tidak beroperasi"},
    info: "info", warning: "peringatan", criticalWord: "kritis",
    expected: "wajar {low} sampai {high}", atMost: "paling banyak {high}", atLeast: "paling sedikit {low}",
    pipeline: "Jalur data", broker: "Broker", connected: "terhubung", disconnected: "terputus", sessionLost: "sesi hilang",
    journal: "Jurnal", full: "{percent} terisi", behind: "tertinggal {time}", upToDate: "terkini",
    store: "Penyimpanan {name}", pending: "{n} menunggu", dropped: "{n} terbuang", quarantined: "{n} ditolak",
    endToEnd: "Tiba sampai tersimpan", most: "99% dalam {time}",
    rejects: "Ditolak", noRejects: "Tidak ada yang ditolak", messages: "Pesan diterima", late: "Terlambat",
    duplicates: "Kembar", windows: "Jendela dihitung",
    reasons: {json: "bukan JSON", schema: "bentuk salah", time: "waktu salah", future: "waktu di masa depan", not_finite: "bukan angka", unit: "satuan salah", topic: "topik salah", too_large: "terlalu besar", series_limit: "terlalu banyak deret", rate: "terlalu cepat"},
    quantities: {flow: "debit", pressure: "tekanan", level: "muka air", volume: "volume", turbidity: "kekeruhan", ph: "pH", chlorine: "klorin", temperature: "suhu", power: "daya", energy: "energi", voltage: "tegangan", current: "arus", frequency: "frekuensi", power_factor: "faktor daya", thd: "THD", fill: "isi", weight: "berat", tilt: "kemiringan", river_level: "muka sungai", rainfall: "hujan", pga: "percepatan tanah", displacement: "pergeseran", soil_moisture: "lengas tanah", pm25: "PM2.5", pm10: "PM10", tide: "pasang"},
    foot: "nadi {version} · berjalan {time}", light: "Terang", dark: "Gelap", otherLanguage: "English",
    spans: ["md", "dtk", "mnt", "jam", "hari"],
  },
  en: {
    loading: "Calling nadi…",
    well: "The city is well",
    attention: "Something needs attention",
    critical: "Act now",
    blind: "Part of the city is not seen",
    silent: "No data is coming in",
    lost: "nadi can't be reached",
    lostSince: "The figures below are from {ago}. This page keeps trying.",
    neverReached: "Never reached so far. This page keeps trying.",
    silentSince: "Last data {ago}.",
    noDataYet: "No data has been received yet.",
    fresh: "Last data {ago}.",
    found: "{critical} critical and {warning} warnings in the last 15 minutes: {where}.",
    quiet: "Nothing unusual in the last 15 minutes.",
    now: "just now", seconds: "{n} s ago", minutes: "{n} min ago", hours: "{n} h ago", days: "{n} days ago",
    city: "City {city}",
    updated: "updated {time}",
    readingsPerSecond: "readings/s", complete: "lowest completeness", devices: "devices", series: "series",
    water: "Water", energy: "Energy", waste: "Waste", disaster: "Disaster",
    noReadings: "No readings yet.",
    completeness: "Completeness", unknownCompleteness: "Completeness unknown: no catalogue",
    anomaliesOfDomain: "{n} anomalies", anomalyOfDomain: "1 anomaly",
    anomalies: "Latest anomalies", noAnomalies: "None so far. That is good news.",
    incidents: "Incidents", everywhere: "the whole city", life: "life safety",
    states: {unacknowledged: "not acknowledged", acknowledged: "acknowledged", returned: "over, not seen yet", shelved: "shelved", suppressed: "held back", "out-of-service": "out of service"},
    info: "info", warning: "warning", criticalWord: "critical",
    expected: "expected {low} to {high}", atMost: "at most {high}", atLeast: "at least {low}",
    pipeline: "Data path", broker: "Broker", connected: "connected", disconnected: "disconnected", sessionLost: "session lost",
    journal: "Journal", full: "{percent} full", behind: "{time} behind", upToDate: "up to date",
    store: "Store {name}", pending: "{n} waiting", dropped: "{n} dropped", quarantined: "{n} refused by it",
    endToEnd: "Arrival to stored", most: "99% within {time}",
    rejects: "Refused", noRejects: "Nothing refused", messages: "Messages received", late: "Late",
    duplicates: "Duplicates", windows: "Windows computed",
    reasons: {json: "not JSON", schema: "wrong shape", time: "wrong time", future: "time in the future", not_finite: "not a number", unit: "wrong unit", topic: "wrong topic", too_large: "too large", series_limit: "too many series", rate: "too fast"},
    quantities: {power_factor: "power factor", river_level: "river level", soil_moisture: "soil moisture", pm25: "PM2.5", pm10: "PM10", ph: "pH", pga: "PGA", thd: "THD"},
    foot: "nadi {version} · up for {time}", light: "Light", dark: "Dark", otherLanguage: "Indonesia",
    spans: ["ms", "s", "min", "h", "days"],
  },
};
const UNITS = {m3: "m³", "m3/h": "m³/h", degC: "°C", deg: "°", "ug/m3": "µg/m³", "cm/s2": "cm/s²", 1: "", pH: ""};

function initialLanguage() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("nadi.lang");
  if (asked in WORDS) return asked;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "id";
}

export let language = initialLanguage();

export function switchLanguage() {
  language = language === "id" ? "en" : "id";
  localStorage.setItem("nadi.lang", language);
}

export function say(key, values = {}) {
  const text = WORDS[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const reasonWord = (reason) => WORDS[language].reasons[reason] ?? reason;
export const quantityWord = (quantity) => WORDS[language].quantities[quantity] ?? quantity.replaceAll("_", " ");
export const stateWord = (state) => WORDS[language].states[state] ?? state;
export const unitText = (unit) => UNITS[unit] ?? unit ?? "";

export function number(value, digits) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const most = digits ?? (size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return new Intl.NumberFormat(language, {maximumFractionDigits: most}).format(value);
}

// The grid's frequency is read to the hundredth; for all else three digits say enough.
export const reading = (value, unit) => number(value, unit === "Hz" ? 2 : undefined);

// 1,234 as it is, 1.2M and so on above: a count that fits a small place.
export function count(value) {
  if (value === null || value === undefined) return "–";
  return new Intl.NumberFormat(language, value < 1e5 ? {} : {notation: "compact", maximumFractionDigits: 1}).format(value);
}

export function bytes(value) {
  const step = Math.max(0, Math.min(4, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
  return `${number(value / 1000 ** step)} ${["B", "kB", "MB", "GB", "TB"][step]}`;
}

export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 3) return say("now");
  if (seconds < 90) return say("seconds", {n: seconds});
  if (seconds < 5400) return say("minutes", {n: Math.round(seconds / 60)});
  if (seconds < 129600) return say("hours", {n: Math.round(seconds / 3600)});
  return say("days", {n: Math.round(seconds / 86400)});
}

export function span(seconds) {
  const [milliseconds, second, minute, hour, day] = WORDS[language].spans;
  if (seconds < 1) return `${number(seconds * 1000, 0)} ${milliseconds}`;
  if (seconds < 120) return `${number(seconds, seconds < 10 ? 1 : 0)} ${second}`;
  if (seconds < 7200) return `${number(seconds / 60, 0)} ${minute}`;
  return seconds < 172800 ? `${number(seconds / 3600, 0)} ${hour}` : `${number(seconds / 86400, 0)} ${day}`;
}

export const timeOfDay = (milliseconds) =>
  new Intl.DateTimeFormat(language, {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"}).format(milliseconds);
