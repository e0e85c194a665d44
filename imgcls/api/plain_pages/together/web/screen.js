/** The projector's page: drawings, scores and, for a collection, the writers. Names are only ever set as text. */

import { ask, repeat } from "./asking.js";
import { showMatrix } from "./matrix.js";
import { caption, keep, newest, picture, showTiles } from "./tiles.js";
import { showCollection } from "./collection.js";
import { content } from "imgcls/content.js";
import { percent } from "imgcls/percent.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 700;
const TOAST = 8000;
const WHAT = content.hasPhotos ? "photo" : "drawing";
const TILES = { wall: 24, collection: 40, trained: 16 };

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
    else toast("Hidden.", () => moderate(id, true));
    await refresh();
  } catch (error) {
    toast(error.message);
  }
}

function showScore({ accuracy, matrix, labelled, classes }) {
  find("score").hidden = !accuracy;
  if (!accuracy) return;
  const [value, low, high] = accuracy;
  text(find("accuracy"), percent(value, 0));
  const count = labelled ?? matrix.flat().reduce((sum, number) => sum + number, 0);
  text(find("labelled"), `of ${count} read correctly`);
  text(find("interval"), `95% interval ${percent(low, 0)} to ${percent(high, 0)}`);
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
    text(find("hardest").lastElementChild, `${percent(hardest[1], 0)} correct`);
  }
  find("mistake").hidden = !mistake;
  if (mistake && find("mistake").dataset.id !== String(mistake.id)) {
    find("mistake").dataset.id = mistake.id;
    find("mistake").querySelector("div").replaceChildren(picture(mistake, caption(mistake)));
    text(find("mistake").lastElementChild, `${mistake.label}, read as ${mistake.predicted}`);
  }
}

async function refresh() {
  const state = await ask(`show?after=${newest()}`);
  if (state.activity !== content.activity) return location.reload();
  keep([...state.shown, ...(state.waiting ?? [])]);
  const most = content.kind === "collection" && state.accuracy ? TILES.trained : TILES[content.kind];
  showTiles(find("tiles"), state.shown.slice(0, most), ({ id }) => moderate(id, false));
  find("empty").hidden = state.shown.length > 0;
  text(find("total"), `${state.total} ${WHAT}${state.total === 1 ? "" : "s"}${state.isOpen ? "" : ", finished"}`);
  find("waiting").hidden = !state.waiting?.length;
  showTiles(find("waiting").querySelector("div"), state.waiting ?? [], ({ id }) => moderate(id, true));
  showScore(state);
  showFacts(state);
  if (content.kind === "collection") showCollection(state, { toast, refresh });
  document.documentElement.dataset.newest = String(state.shown[0]?.id ?? 0);
  return undefined;
}

find("toast").querySelector("button").onclick = () => hidden?.();
repeat(refresh, PAUSE, (error) => toast(error.message));
