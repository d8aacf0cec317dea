// What nadi tells of itself, in the chosen language: `/readyz` and the log say it in English. What the machine or another
// program says of it ({why}) stays as it is: who is called will ask for those very words.

import {say} from "../words.js";

const SENTENCES = [
  [/^mqtt: not connected$/, "problemNoBroker"],
  [/^mqtt: the broker had lost our session; .*$/, "problemSession"],
  [/^mqtt: (?<why>.*)$/, "problemBroker"],
  [/^processing: replaying the journal$/, "problemReplaying"],
  [/^processing: (?<n>\d+) s behind$/, "problemBehind"],
  [/^processing: (?<why>.*)$/, "problemProcessing"],
  [/^acknowledging is held: (?<why>.*)$/, "problemHeld"],
  [/^journal: (?<why>.*)$/, "problemJournal"],
  [/^dead letters: (?<why>.*)$/, "problemLetters"],
  [/^sink (?<name>\S+): (?<why>.*)$/, "problemStore"],
  [/^gateways: (?<n>\d+) times a new name was not taken: .*$/, "problemNames"],
  [/^alerts over (?<name>\S+) wait \((?<n>\d+)\): (?<why>.*)$/, "problemAlerts"],
];

export function problemText(text) {
  for (const [form, word] of SENTENCES) {
    const found = form.exec(text);
    if (found) return say(word, found.groups ?? {});
  }
  return text;
}
