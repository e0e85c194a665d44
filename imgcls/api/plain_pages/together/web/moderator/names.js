/** Names of members that the screen may show: those that wait for approval first; below, closed, those shown or hidden. */

import { translated } from "../translated.js";
import { text } from "imgcls/views.js";

const TITLES = {
  waiting: "Names waiting for approval: {count}",
  shown: "Names on the screen: {count}",
  hidden: "Hidden names: {count}",
};

/** Shows the names of each state; `decide(names, isShown)` is called for what is tapped. */
export function showNames(names, decide) {
  for (const state of Object.keys(TITLES)) showList(state, names[state] ?? [], decide);
}

function showList(state, list, decide) {
  const root = document.getElementById(`names-${state}`);
  root.hidden = !list.length;
  const look = JSON.stringify(list);
  if (root.dataset.look === look) return; // what is focused stays so
  root.dataset.look = look;
  text(root.querySelector("h2, summary"), translated(TITLES[state], { count: list.length }));
  root.querySelector("ul").replaceChildren(...list.map((name) => item(state, name, decide)));
  if (state === "waiting") document.getElementById("all-names").onclick = () => decide(list, true);
}

function item(state, name, decide) {
  const entry = document.createElement("li");
  if (state !== "shown") entry.append(button("Show: {name}", name, name, () => decide([name], true)));
  else entry.append(button("Hide: {name}", name, name, () => decide([name], false)));
  if (state === "waiting") entry.append(button("Hide: {name}", name, "×", () => decide([name], false)));
  return entry;
}

function button(label, name, shown, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.dir = "auto";
  made.textContent = shown;
  made.setAttribute("aria-label", translated(label, { name }));
  made.onclick = act;
  return made;
}
