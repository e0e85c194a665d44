/** The projector's page: drawings, scores and, for a collection, the writers. Names are only ever set as text. */

import { ask, repeat } from "../asking.js";
import { showMatrix } from "./matrix.js";
import { caption, keep, newest, picture, showTiles } from "../tiles.js";
import { translated } from "../translated.js";
import { showCollection } from "./collection.js";
import { listen } from "./keys.js";
import { content } from "imgcls/content.js";
import { percent } from "imgcls/percent.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 700;
const TOAST = 8000;
const FEW = 20;
const FEW_WRITERS = 4;
const [ONE, SEVERAL] = content.hasPhotos ? ["1 photo", "{count} photos"] : ["1 drawing", "{count} drawings"];

/* How many tiles beside each other, up to how many drawings: the fewer there are, the larger, and all fit below. */
const ACROSS = {
  wall: [[2, 2], [6, 3], [8, 4], [15, 5], [24, 6]],
  collection: [[3, 3], [8, 4], [15, 5], [18, 6], [28, 7], [45, 9]],
  trained: [[6, 6], [16, 8]],
  trainedByFew: [[4, 4], [10, 5]], // with a short table below
};

let hidden; // how to take back what was hidden last
let toastEnds;

function toast(message, undo) {
  hidden = undo;
  text(find("toast").querySelector("span"), message);
  find("toast").querySelector("button").hidden = !undo;
  find("toast").hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => {
    find("toast").hidden = true;
  }, TOAST);
}

/** Shows or hides a drawing for all. */
export async function moderate(id, isShown) {
  try {
    await ask("moderate", { method: "POST", body: { id, isShown } });
    if (isShown) find("toast").hidden = true;
    else toast(translated("Hidden."), () => moderate(id, true));
    await refresh();
  } catch (error) {
    toast(error.message);
  }
}

function showScore({ accuracy, matrix, labelled, classes, total }) {
  find("score").hidden = !accuracy;
  if (!accuracy) return;
  const [value, low, high] = accuracy;
  const count = labelled ?? matrix.flat().reduce((sum, number) => sum + number, 0);
  const right = matrix.reduce((sum, row, label) => sum + row[label], 0);
  const isFew = count < FEW; // where one more is several percent
  text(find("accuracy"), isFew ? translated("{wrong} of {known}", { wrong: right, known: count }) : percent(value, 0));
  text(find("labelled"), translated(isFew ? "read correctly" : "of {count} read correctly", { count }));
  const tested = "Tested: {count} of {total}, each by a model that had not learned from it.";
  const isPart = labelled === undefined && count < total; // repeats, and some that only chose the best epoch
  text(find("tested"), isPart ? translated(tested, { count, total }) : "");
  const limits = { low: percent(low, 0), high: percent(high, 0) };
  text(find("interval"), translated("95% interval {low} to {high}", limits));
  const look = JSON.stringify(matrix);
  if (find("matrix").dataset.look !== look) {
    find("matrix").dataset.look = look;
    showMatrix(find("matrix"), classes, matrix);
  }
}

function showFacts({ hardest, mistake }) {
  find("hardest").hidden = !hardest;
  if (hardest) {
    text(find("hardest").querySelector("b"), hardest[0]);
    text(find("hardest").lastElementChild, translated("{share} correct", { share: percent(hardest[1], 0) }));
  }
  find("mistake").hidden = !mistake;
  if (mistake && find("mistake").dataset.id !== String(mistake.id)) {
    find("mistake").dataset.id = mistake.id;
    find("mistake").querySelector("div").replaceChildren(picture(mistake, caption(mistake)));
    const [label, name] = [mistake.label, mistake.predicted];
    text(find("mistake").lastElementChild, translated("{label}, read as {name}", { label, name }));
  }
}

/** Drawings that wait are only counted: the audience must not see them before the moderator does. */
function totalText({ total, waiting, isOpen, writers, others, rejected, unlabelled }) {
  const people = (writers?.length ?? 0) + (others ?? 0);
  const by = people ? ` ${translated(people === 1 ? "by 1 person" : "by {count} people", { count: people })}` : "";
  const parts = [translated(total === 1 ? ONE : SEVERAL, { count: total }) + by];
  if (rejected) parts.push(translated("{count} not a digit", { count: rejected }));
  if (unlabelled) parts.push(translated("{count} without a label", { count: unlabelled }));
  if (waiting) parts.push(translated("{count} to approve", { count: waiting }));
  if (!isOpen) parts.push(translated("finished"));
  return parts.join(", ");
}

/** Somebody has joined: what they do next comes in place of the warning, and the command stays for those to come. */
function showJoined() {
  const unreachable = find("unreachable");
  if (!unreachable || unreachable.classList.contains("is-joined")) return;
  const command = unreachable.querySelector("code");
  unreachable.classList.add("is-joined");
  unreachable.textContent = translated("If you have joined, press the button on the Class page.");
  if (command) unreachable.append(` ${translated("To let others join, restart the server with:")}`, command);
  text(find("empty"), translated(content.hasPhotos ? "Waiting for photos" : "Waiting for drawings"));
}

/** The class is closed: what was shown last stays, without what no longer works. */
function showClosed(message) {
  clearTimeout(toastEnds);
  find("toast").hidden = true;
  find("training").hidden = true;
  document.body.classList.remove("is-empty");
  const closed = document.createElement("p");
  closed.id = "closed";
  closed.textContent = message;
  find("invite").replaceChildren(closed);
}

async function refresh() {
  const state = await ask(`show?after=${newest()}`);
  if (state.activity !== content.activity) return location.reload();
  keep(state.shown);
  const isTrained = content.kind === "collection" && state.accuracy;
  const stage = isTrained ? (state.writers.length > FEW_WRITERS ? "trained" : "trainedByFew") : content.kind;
  const shown = state.shown.slice(0, ACROSS[stage].at(-1)[0]);
  const [, across] = ACROSS[stage].find(([most]) => shown.length <= most);
  find("tiles").style.setProperty("--across", across);
  showTiles(find("tiles"), shown, ({ id }) => moderate(id, false), { hasConfidence: content.kind === "wall" });
  document.body.classList.toggle("is-trained", Boolean(isTrained));
  document.body.classList.toggle("is-empty", state.isOpen && !state.shown.length);
  find("empty").hidden = state.shown.length > 0;
  if (state.members || state.total) showJoined();
  text(find("total"), totalText(state));
  showScore(state);
  showFacts(state);
  if (content.kind === "collection") showCollection(state, { toast, refresh });
  document.documentElement.dataset.newest = String(state.shown[0]?.id ?? 0);
  return undefined;
}

find("toast").querySelector("button").onclick = () => hidden?.();
listen();
repeat(refresh, PAUSE, (error) => {
  if (error.isClosed) showClosed(error.message);
  else toast(error.message);
});
