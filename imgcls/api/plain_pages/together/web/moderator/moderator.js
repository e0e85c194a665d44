/** The moderator's page: what waits for approval, what is on the screen, what was hidden. Names are only set as text. */

import { ask, repeat } from "../asking.js";
import { keep, newest, showTiles } from "../tiles.js";
import { translated } from "../translated.js";
import { showNames } from "./names.js";
import { content } from "imgcls/content.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 1500;
const TITLES = {
  waiting: "Waiting for approval: {count}",
  shown: "On the screen: {count}",
  hidden: "Hidden: {count}",
};
const SEVERAL = content.hasPhotos ? "{count} photos shown." : "{count} drawings shown.";
const FINISHED = content.hasPhotos ? "Finished: no more photos are accepted." : "Finished: no more drawings are accepted.";

let waiting = [];
let isState = false; // the message is about the state of the class, and goes away with it

function say(message, isProblem = false) {
  isState = false;
  text(find("notice"), message);
  find("notice").className = isProblem ? "is-problem" : "";
}

function sayState(message, isProblem = false) {
  if (message || isState) say(message, isProblem);
  isState = true;
}

/** Sends a decision; `done` says what has become of it. */
async function decide(path, body, done) {
  try {
    await ask(path, { method: "POST", body });
    say(done);
    await refresh();
  } catch (error) {
    say(error.message, true);
  }
}

function moderate(ids, isShown) {
  const one = isShown ? "Shown." : "Hidden.";
  const done = ids.length === 1 ? translated(one) : translated(SEVERAL, { count: ids.length });
  return decide("moderate", { ids, isShown }, done);
}

function moderateNames(names, isShown) {
  return decide("names", { names, isShown }, translated(isShown ? "Shown." : "Hidden."));
}

function show(name, drawings, count, isShownAfter) {
  const section = find(name);
  if (name !== "shown") section.hidden = !count;
  text(section.querySelector("h2"), translated(TITLES[name], { count }));
  showTiles(section.querySelector(".tiles"), drawings, ({ id }) => moderate([id], isShownAfter), {
    refuse: name === "waiting" ? ({ id }) => moderate([id], false) : null,
    verb: isShownAfter ? "Show: {name}" : "Hide: {name}",
  });
}

async function refresh() {
  const state = await ask(`moderation?after=${newest()}`);
  if (state.activity !== content.activity) return location.reload();
  showNames(state.names, moderateNames);
  if (!state.activity) return sayState("");
  waiting = state.waiting;
  keep([...state.waiting, ...state.shown, ...state.hidden]);
  show("waiting", state.waiting, state.counts.waiting, true);
  show("shown", state.shown, state.counts.shown, false);
  show("hidden", state.hidden, state.counts.hidden, true);
  sayState(state.isOpen ? "" : translated(FINISHED));
  return undefined;
}

if (find("all")) {
  find("all").onclick = () =>
    moderate(
      waiting.map(({ id }) => id),
      true,
    );
}
repeat(refresh, PAUSE, (error) => sayState(error.message, true));
