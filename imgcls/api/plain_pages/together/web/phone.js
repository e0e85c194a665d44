/** The phone's page: draw or take a photo, see what the model reads, send, withdraw. Names are only ever set as text. */

import { ask, repeat } from "./asking.js";
import { Camera } from "./camera.js";
import { thumbnail } from "./thumbnail.js";
import { content } from "imgcls/content.js";
import { DrawingPad } from "imgcls/drawing_pad.js";
import { prepareStrokes } from "imgcls/images/ink.js";
import { preparePhoto } from "imgcls/images/photo.js";
import { classify, loaded } from "imgcls/model.js";
import { percent } from "imgcls/percent.js";
import { rejection } from "imgcls/rejection/rejection.js";
import { showBars, text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 3000;
const SERVER_PAUSE = 300;
const SIDE = 96;
const MOST_IN_A_ROW = 10;
const WAITING = "Nothing to do yet. This page follows by itself.";
const OVER = "Finished: nothing more is accepted. This page follows by itself.";
const IS_COLLECTION = content.kind === "collection";
const WHAT = content.hasPhotos ? "photo" : "drawing";

let pad; // where somebody draws
let camera; // or takes photos
let chosen = null; // the index of a class
let counts = content.classes.map(() => 0);
let newest = 0;
let isOnServer = false;
const strokesOf = new Map();

function say(message, isProblem = false) {
  text(find("notice"), message);
  find("notice").className = isProblem ? "is-problem" : "";
}

/* What the model reads */

let busy = false;
let waiting = null;

/** Reads a sample, { strokes, isDone } or { image }; the latest one, if they come faster than they are read. */
async function read(sample) {
  waiting = sample;
  if (busy || !content.model) return;
  busy = true;
  while (waiting) {
    const mine = waiting;
    waiting = null;
    if (isEmpty()) clearReading();
    else await readOne(mine);
  }
  busy = false;
}

async function readOne(sample) {
  try {
    showReading(isOnServer ? await readThere(sample) : await readHere(sample));
  } catch (error) {
    if (isOnServer) text(find("where"), error.message);
    else {
      isOnServer = true;
      waiting ??= sample;
    }
  }
}

async function readHere({ strokes, image, isDone = true }) {
  const pixels = image ? preparePhoto(image, content).pixels : prepareStrokes(strokes, content.shape);
  const probabilities = await classify(pixels);
  return { probabilities, rejection: await rejection({ pixels, strokes, isDone }) };
}

async function readThere({ isDone = true }) {
  const found = await ask("predict", { method: "POST", body: { ...body(), isDone } });
  await new Promise((resolve) => setTimeout(resolve, SERVER_PAUSE));
  return found;
}

function showReading({ probabilities, rejection: refused }) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  const chosen = refused ? [] : [content.classes[best]];
  text(find("answer"), chosen[0] ?? "–");
  showBars(probabilities, chosen);
  const where = isOnServer ? "Computed on the server: this browser cannot run the model." : "Computed on this device.";
  text(find("where"), refused ? `${refused.title}. ${refused.text}` : where);
  find("where").className = refused ? "is-rejected" : "hint";
}

function clearReading() {
  text(find("answer"), "–");
  text(find("where"), "");
  showBars(
    content.classes.map(() => 0),
    [],
  );
}

/* What is drawn */

function showLabels() {
  const buttons = content.classes.map((name, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.setAttribute("aria-pressed", String(index === chosen));
    if (IS_COLLECTION) {
      const count = document.createElement("small");
      count.textContent = `×${counts[index]}`;
      button.append(count);
    }
    button.onclick = () => choose(index === chosen && !IS_COLLECTION ? null : index);
    return button;
  });
  const isShort = content.classes.length <= MOST_IN_A_ROW && content.classes.every((name) => [...name].length < 3);
  find("labels").className = isShort ? "is-short" : "";
  const scrolled = find("labels").scrollLeft;
  find("labels").replaceChildren(...buttons);
  find("labels").scrollLeft = scrolled;
}

function choose(index) {
  chosen = index;
  const name = index === null ? "" : content.classes[index];
  text(find("task"), IS_COLLECTION ? `${content.hasPhotos ? "Photo of" : "Draw"}: ${name}` : "Draw, label, send");
  showLabels();
}

/** The class of which this writer has drawn the fewest. */
const fewest = () => counts.indexOf(Math.min(...counts));

const isEmpty = () => (camera ? camera.isEmpty : !pad?.strokes.length);

/** What is sent of the drawing or photo. */
const body = () => (camera ? { photo: camera.base64 } : { strokes: pad.strokes.map((stroke) => stroke.flat()) });

async function send() {
  find("send").disabled = true;
  try {
    const sent = await ask("drawings", {
      method: "POST",
      body: { activity: content.activity, ...body(), label: chosen },
    });
    if (chosen !== null) counts[chosen] += 1;
    if (camera) camera.clear();
    else pad.replace([]);
    say(sent.predicted === null ? "Sent." : `Sent. The model reads ${sent.predicted} (${percent(sent.confidence)}).`);
    choose(IS_COLLECTION ? fewest() : null);
    await refresh();
  } catch (error) {
    say(error.message, true);
    find("send").disabled = isEmpty();
  }
}

/* One's own drawings */

function showOwn(state) {
  find("own").hidden = !state.drawings.length;
  const wrong = state.known ? `The model misreads ${state.wrong} of ${state.known} (${percent(state.wrong / state.known)}).` : "";
  text(find("score"), wrong);
  find("gallery").replaceChildren(...state.drawings.map(ownDrawing));
}

function ownDrawing({ id, strokes, label, predicted, isWrong, isRemoved }) {
  if (strokes) strokesOf.set(id, strokes);
  newest = Math.max(newest, id);
  const figure = document.createElement("figure");
  figure.className = `${isWrong ? "is-wrong" : ""} ${isRemoved ? "is-removed" : ""}`;
  const caption = document.createElement("figcaption");
  caption.textContent = [label ?? "", isRemoved ? "removed" : predicted === null ? "" : `read as ${predicted}`]
    .filter(Boolean)
    .join(", ");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", `Withdraw this ${WHAT}`);
  button.title = "Withdraw";
  button.onclick = () => withdraw(id);
  figure.append(thumbnail(strokesOf.get(id), SIDE, `Your ${WHAT} ${label ?? ""}`), button, caption);
  return figure;
}

async function withdraw(id) {
  try {
    await ask(`drawings/${id}`, { method: "DELETE" });
    say("Withdrawn and deleted.");
    await refresh();
  } catch (error) {
    say(error.message, true);
  }
}

/* What the server knows */

let seen = "";

async function refresh() {
  const state = await ask(`state?after=${newest}`);
  const isNew = state.activity !== content.activity || (state.model ?? "") !== content.model;
  if (isNew && (state.activity !== content.activity || isEmpty())) return location.reload();
  find("join").hidden = !state.mustJoin;
  find("draw").hidden = !state.canDraw;
  if (state.mustJoin) say("Enter your name to join the class.");
  else if (!state.isOpen) say(state.activity ? OVER : WAITING);
  else if (!state.canDraw) say("Your browser sends no cookie. Allow cookies for this site and reload the page.", true);
  else if (state.training) say(`The model is being trained. ${state.training}`);
  else if (/^(Connecting|The model is being|Enter|No connection|Finished)/.test(find("notice").textContent)) say("");
  text(find("who"), [state.name, `class ${content.code}`].filter(Boolean).join(" · "));
  const own = state.drawings.map(({ id, predicted, isRemoved }) => [id, predicted, isRemoved]);
  const look = JSON.stringify([state.canDraw, own]);
  if (look !== seen) {
    seen = look;
    counts = state.counts ?? counts;
    showOwn(state);
    if (chosen === null && IS_COLLECTION && state.canDraw) choose(fewest());
    else showLabels();
  }
  return undefined;
}

find("join").onsubmit = async (event) => {
  event.preventDefault();
  try {
    await ask("join", { method: "POST", body: { name: find("name").value } });
    await refresh();
  } catch (error) {
    say(error.message, true);
  }
};

function changed(sample) {
  find("send").disabled = isEmpty();
  read(sample);
}

if (content.activity) {
  if (content.hasPhotos) {
    camera = new Camera(
      find("camera"),
      (image) => {
        if (image) say("");
        changed({ image });
      },
      (message) => say(message, true),
    );
  } else {
    pad = new DrawingPad(find("pad"), (strokes, isDone = true) =>
      changed({ strokes: strokes.map((stroke) => [...stroke]), isDone }),
    );
  }
  find("send").onclick = send;
  find("send").disabled = true;
  if (!IS_COLLECTION) choose(null);
  if (content.model) {
    find("reading").hidden = false;
    clearReading();
    loaded().catch(() => {
      isOnServer = true;
    });
  }
}
repeat(refresh, PAUSE, (error) => say(error.message, true));
