// Where an incident is, in words: its zone, with its city where there are several; of what is of no single city, what it shares.

import {state} from "../store.js";
import {say, zoneWord} from "../words.js";

let known = {places: null, several: false};

function severalCities() {
  const {places} = state;
  if (places !== known.places) known = {places, several: new Set(places.zones.map(([city]) => city)).size > 1};
  return known.several;
}

// What people call a city.
export const cityWord = (code) => state.places?.cities[code] ?? code;

// A river runs through cities: its incidents are of none of them, and their cause is its name.
export function placeWord({city, zone, cause}) {
  if (city === "*") return cause || say("severalCities");
  return severalCities() ? `${zoneWord(zone)}, ${cityWord(city)}` : zoneWord(zone);
}
