/** The moderator's page: what waits for approval, what is on the screen, what was hidden. Names are only set as text. */

import { ask, repeat } from "../asking.js";
import { keep, newest, showTiles } from "../tiles.js";
import { content } from "imgcls/content.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 1500;
const WHAT = content.hasPhotos ? "photo" : "drawing";
const TITLES = { waiting: "Waiting for approval", shown: "On the screen", hidden: "Hidden" };

let waiting = [];

function say(message, isProblem = false) {
  text(find("notice"), message);
  find("notice").className = isProblem ? "is-problem" : "";
}

async function moderate(ids, isShown) {
  try {
    await ask("moderate", { method: "POST", body: { ids, isShown } });
    say(ids.length === 1 ? (isShown ? "Shown." : "Hidden.") : `${ids.length} ${WHAT}s shown.`);
    await refresh();
  } catch (error) {
    say(error.message, true);
  }
}

function show(name, drawings, count, isShownAfter) {
  const section = find(name);
  if (name !== "shown") section.hidden = !count;
  text(section.querySelector("h2"), `${TITLES[name]}: ${count}`);
  showTiles(section.querySelector(".tiles"), drawings, ({ id }) => moderate([id], isShownAfter), {
    refuse: name === "waiting" ? ({ id }) => moderate([id], false) : null,
    verb: isShownAfter ? "Show" : "Hide",
  });
}

async function refresh() {
  const state = await ask(`moderation?after=${newest()}`);
  if (state.activity !== content.activity) return location.reload();
  waiting = state.waiting;
  keep([...state.waiting, ...state.shown, ...state.hidden]);
  show("waiting", state.waiting, state.counts.waiting, true);
  show("shown", state.shown, state.counts.shown, false);
  show("hidden", state.hidden, state.counts.hidden, true);
  if (/^(No connection|Finished)/.test(find("notice").textContent)) say("");
  if (!state.isOpen) say(`Finished: no more ${WHAT}s are accepted.`);
  return undefined;
}

find("all").onclick = () =>
  moderate(
    waiting.map(({ id }) => id),
    true,
  );
repeat(refresh, PAUSE, (error) => say(error.message, true));
