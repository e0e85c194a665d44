/** The leaderboard of an assignment on the projector: places, ties, scores. Names are only ever set as text. */

import { ask, repeat } from "../../asking.js";
import { translated } from "../../translated.js";
import { listen } from "../keys.js";
import { showAxis, showRows, startOf } from "./rows.js";
import { content } from "imgcls/content.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 2000;
const FEW = 3; // that are shown larger
const MOST_ON_PODIUM = 4; // with more who share their places, nobody would read them
const EMPTY = "No assignment has a leaderboard yet. This page updates automatically.";

/* Up to how many people: how many beside each other, as few as are read from the last row; and the longest name in one line. */
const BESIDE = [
  [8, 1, 14],
  [16, 2, 16],
  [Infinity, 3, 12],
];

let met = null; // who had met the goal at the last look

function showPlaces(state) {
  const look = JSON.stringify([state.lines, state.line, state.is_final, state.best]);
  const root = find("places");
  if (root.dataset.look === look) return;
  root.dataset.look = look;
  const winners = state.is_final ? state.lines.filter(({ has_medal }) => has_medal) : [];
  const hasPodium = winners.length > 0 && winners.length <= MOST_ON_PODIUM;
  const rest = hasPodium ? state.lines.filter(({ has_medal }) => !has_medal) : state.lines;
  const [, beside, longest] = BESIDE.find(([most]) => rest.length <= most);
  root.className = `beside-${beside}`;
  root.style.setProperty("--rows", Math.max(Math.ceil(rest.length / beside), 1));
  root.classList.toggle("is-few", rest.length <= FEW && !hasPodium);
  document.body.classList.toggle("is-empty", !state.lines.length);
  document.body.classList.toggle("is-final", state.is_final);
  find("final").hidden = !state.is_final;
  find("podium").hidden = !hasPodium;
  text(find("best"), hasPodium ? "" : state.best); // a podium says it
  find("podium").classList.toggle("is-flat", beside > 2);
  const start = beside === 1 && state.lines.length ? startOf(state.lines, state.line) : 0; // no room for its axis
  const drawn = { longest, start, goal: state.line };
  showRows(find("podium"), hasPodium ? winners : [], drawn);
  const rows = showRows(root, rest, drawn);
  find("axis").hidden = !(beside === 1 && rest.length);
  if (!find("axis").hidden) showAxis(find("axis"), start, state.line);
  celebrate([...find("podium").children, ...rows], state.lines.filter(({ is_met }) => is_met).map(({ key }) => key));
}

/** Marks the rows of those who have met the goal since the last look; a style shows it, if motion is wanted. */
function celebrate(rows, now) {
  for (const row of rows) {
    const { key } = row.dataset;
    row.classList.toggle("is-new", Boolean(met) && now.includes(key) && !met.includes(key));
  }
  met = now;
}

async function refresh() {
  const state = await ask(`standings?task=${encodeURIComponent(content.task)}`);
  find("toast").hidden = true;
  if (!state.title) return text(find("status"), translated(EMPTY));
  text(find("title"), state.title);
  text(find("goal"), state.goal ? translated("Goal: {goal}", { goal: state.goal }) : "");
  text(find("status"), state.status);
  showPlaces(state);
  text(find("busy"), state.training ? translated("Training: {names}", { names: state.training }) : "");
  text(find("note"), [state.closed, state.note].filter(Boolean).join(" "));
  const more = state.others ? `${translated("and {count} more", { count: state.others })}. ` : "";
  text(find("attempts"), more + state.attempts);
  return undefined;
}

/** The class is closed: it is said below what was shown last. */
function showClosed(message) {
  find("toast").hidden = true;
  if (!find("note").textContent.includes(message)) text(find("note"), message);
}

listen();
repeat(refresh, PAUSE, (error) => {
  if (error.isClosed) return showClosed(error.message);
  text(find("toast").firstElementChild, error.message);
  find("toast").hidden = false;
  return undefined;
});
