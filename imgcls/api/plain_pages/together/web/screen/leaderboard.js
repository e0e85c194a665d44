/** The leaderboard of an assignment on the projector: places, ties, scores. Names are only ever set as text. */

import { ask, repeat } from "../asking.js";
import { translated } from "../translated.js";
import { listen } from "./keys.js";
import { content } from "imgcls/content.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 2000;
const FEW = 3; // that are shown larger
const EMPTY = "No assignment has a leaderboard yet. This page updates automatically.";

/* Up to how many people: how many beside each other, as few as are read from the last row; and the longest name in one line. */
const BESIDE = [
  [8, 1, 26],
  [16, 2, 16],
  [Infinity, 3, 12],
];

let met = null; // who had met the goal at the last look

function element(tag, name, shown) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = shown;
  return made;
}

function place({ rank, name, score, interval, is_met, is_training }, longest) {
  const made = document.createElement("li");
  if (rank <= 3 && is_met !== false) made.className = `medal-${rank}`;
  const who = element("span", [...name].length > longest ? "name is-long" : "name", name);
  who.dir = "auto";
  made.append(element("span", "place", `${rank}.`), who);
  if (is_training) made.append(mark("…", "still training"));
  else if (is_met) made.append(mark("✓", "goal met"));
  else if (is_met === false) made.append(element("span", "mark is-missed", translated("goal not met")));
  else made.append(element("span", "mark", ""));
  made.append(element("span", "score", score), element("span", "interval", interval));
  return made;
}

function mark(sign, meaning) {
  const made = element("span", "mark", sign);
  made.title = translated(meaning);
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", translated(meaning));
  return made;
}

function showPlaces(lines, others) {
  const root = find("places");
  const look = JSON.stringify([lines, others]);
  if (root.dataset.look === look) return;
  root.dataset.look = look;
  const [, beside, longest] = BESIDE.find(([most]) => lines.length <= most);
  root.className = `beside-${beside}`;
  root.style.setProperty("--rows", Math.max(Math.ceil(lines.length / beside), 1));
  root.classList.toggle("is-few", lines.length <= FEW);
  document.body.classList.toggle("is-empty", !lines.length);
  root.replaceChildren(...lines.map((line) => place(line, longest)));
  celebrate([...root.children].filter((_, number) => lines[number].is_met));
}

/** Marks the rows of those who have met the goal since the last look; a style shows it, if motion is wanted. */
function celebrate(rows) {
  const names = rows.map((row) => row.querySelector(".name").textContent);
  if (met) rows.forEach((row, number) => row.classList.toggle("is-new", !met.includes(names[number])));
  met = names;
}

async function refresh() {
  const state = await ask(`standings?task=${encodeURIComponent(content.task)}`);
  find("toast").hidden = true;
  if (!state.title) return text(find("status"), translated(EMPTY));
  text(find("title"), state.title);
  text(find("goal"), state.goal ? translated("Goal: {goal}", { goal: state.goal }) : "");
  text(find("status"), state.status);
  showPlaces(state.lines, state.others);
  text(find("busy"), state.training ? translated("Training: {names}", { names: state.training }) : "");
  text(find("note"), [state.closed, state.note].filter(Boolean).join(" "));
  const more = state.others ? `${translated("and {count} more", { count: state.others })}. ` : "";
  text(find("attempts"), more + state.attempts);
  return undefined;
}

listen();
repeat(refresh, PAUSE, (error) => {
  text(find("toast").firstElementChild, error.message);
  find("toast").hidden = false;
});
