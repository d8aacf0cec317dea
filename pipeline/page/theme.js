// Dark or light: as the system says, or as was chosen here.

const asked = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem("nadi.theme");
if (asked === "dark" || asked === "light") document.documentElement.dataset.theme = asked;

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : !matchMedia("(prefers-color-scheme: light)").matches;
}

export function switchTheme() {
  const name = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = name;
  localStorage.setItem("nadi.theme", name);
}
