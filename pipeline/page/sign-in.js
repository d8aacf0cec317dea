// Signing in. Where one wanted to go stands behind the # and stays in the browser.

import {element, show} from "./dom.js";
import {isDark, switchTheme} from "./theme.js";
import {language, say, switchLanguage} from "./words.js";

let word = "";
let busy = false;

const home = () => location.replace(`/${location.hash}`);

function draw() {
  document.documentElement.lang = language;
  show(document.getElementById("main"), element("form", {class: "panel", onsubmit: submit},
    element("div", {class: "brand"}, element("img", {src: "/page/icon.svg", alt: "", width: 40, height: 40}), element("strong", {}, "nadi")),
    element("h1", {}, say("signIn")), element("p", {class: "quiet"}, say("signInText")),
    element("label", {}, element("span", {}, say("name")), element("input", {name: "name", autocomplete: "username", required: true, autofocus: true, autocapitalize: "none", spellcheck: "false"})),
    element("label", {}, element("span", {}, say("password")), element("input", {name: "password", type: "password", autocomplete: "current-password", required: true})),
    element("button", {type: "submit", class: "primary", disabled: busy}, say("signIn")),
    element("p", {class: "said bad", role: "alert"}, word),
    element("div", {class: "tools"}, element("button", {type: "button", onclick: () => { switchLanguage(); draw(); }}, say("language")), element("button", {type: "button", onclick: () => { switchTheme(); draw(); }}, say(isDark() ? "light" : "dark")))));
}

async function submit(event) {
  event.preventDefault();
  const {name, password} = Object.fromEntries(new FormData(event.target));
  busy = true;
  word = "";
  draw();
  try {
    const answer = await fetch("/api/v1/session", {method: "POST", headers: {"Content-Type": "application/json", "X-Nadi-Page": "1"}, body: JSON.stringify({name, password})});
    if (answer.ok) return home();
    word = say(answer.status === 429 ? "signInOften" : answer.status === 401 ? "signInWrong" : "signInLost");
  } catch {
    word = say("signInLost");
  }
  busy = false;
  draw();
  document.querySelector("[name=password]").select();
}

draw();
document.querySelector("[name=name]").focus();
// A link from elsewhere comes without the cookie; asked from here it is sent.
fetch("/api/v1/session").then((answer) => answer.json()).then(({users, user}) => { if (!users || user) home(); }).catch(() => {});
