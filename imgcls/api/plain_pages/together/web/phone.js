/** The phone's page: draw or take a photo, see what the model reads, send, withdraw. Names are only ever set as text. */

import { ask, repeat } from "./asking.js";
import { endBrief, say, sayAway, sayBriefly, sayState } from "./notice.js";
import { Camera } from "./camera.js";
import { thumbnail } from "./thumbnail.js";
import { translated } from "./translated.js";
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
const FLASH = 900;
const SIDE = 96;
const MOST_IN_A_ROW = 10;
const IS_COLLECTION = content.kind === "collection";
const KEPT = `imgcls-drawing-${content.activity}`; // so that a reload does not lose what was drawn
const WHAT = content.hasPhotos ? "photo" : "drawing";

let pad; // where somebody draws
let camera; // or takes photos
let chosen = null; // the index of a class
let counts = content.classes.map(() => 0);
let newest = 0;
let isOnServer = false;
let isLoading = false;
const strokesOf = new Map();

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
    if (isOnServer || error.isAway) text(find("where"), error.message);
    else {
      isOnServer = true;
      waiting ??= sample;
    }
  }
}

/** Fetches the model as soon as this visitor may have it, so that the first drawing is read at once. */
function load() {
  loaded().catch((error) => {
    isOnServer = !error.isAway;
  });
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
  find("reading").classList.remove("is-empty");
  const best = probabilities.indexOf(Math.max(...probabilities));
  const chosen = refused ? [] : [content.classes[best]];
  text(find("answer"), chosen[0] ?? "–");
  showBars(probabilities, chosen);
  const where = translated(
    isOnServer
      ? "Read on the server, as this browser cannot run the model."
      : "Read on this device. Nothing is sent before you press Send.",
  );
  text(find("where"), refused ? `${titleOf(refused)}. ${translated(refused.text)}` : where);
  find("where").className = refused ? "is-rejected" : "hint";
}

/** What the device itself has found is English; what the server has found is translated already. */
function titleOf({ title, pattern, values }) {
  return pattern ? translated(pattern, values) : translated(title);
}

/** Before something is drawn: an invitation in place of bars without values. */
function clearReading() {
  find("reading").classList.add("is-empty");
  text(find("answer"), "?");
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
  const task = content.hasPhotos ? "Photo of: {name}" : "Draw: {name}";
  text(find("task"), translated(IS_COLLECTION ? task : "Draw, label, send", { name }));
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
    const parts = [translated("Sent.")];
    const read = { name: sent.predicted, share: percent(sent.confidence) };
    if (sent.isRejected) parts.push(translated("It is not a digit, so it does not count as read correctly."));
    if (sent.predicted !== null) parts.push(translated("The model reads {name} ({share}).", read));
    if (sent.isWaiting) parts.push(translated("It is shown once it has been approved."));
    sayBriefly(parts.join(" "));
    find("draw").classList.add("is-sent");
    setTimeout(() => find("draw").classList.remove("is-sent"), FLASH);
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
  const { wrong, known } = state;
  const score = translated("{right} of {known} read correctly", { right: known - wrong, known });
  text(find("score"), known ? `${wrong ? "" : "✓ "}${score}` : "");
  find("gallery").replaceChildren(...state.drawings.map(ownDrawing));
}

function ownDrawing(drawing) {
  const { id, strokes, label, predicted, isWrong, isRejected, isRemoved, isWaiting, isLate } = drawing;
  if (strokes) strokesOf.set(id, strokes);
  newest = Math.max(newest, id);
  const figure = document.createElement("figure");
  figure.className = `${isWrong ? "is-wrong" : ""} ${isRemoved ? "is-removed" : ""}`;
  const caption = document.createElement("figcaption");
  const unread = isRejected ? translated("not a digit") : "";
  const reading = predicted === null ? unread : translated("read as {name}", { name: predicted });
  const waits = translated("not approved yet");
  const fate = isRemoved ? translated("removed") : isWaiting ? [reading, waits].filter(Boolean).join(", ") : reading;
  const mark = document.createElement("b");
  mark.textContent = isWrong ? "✕ " : "✓ ";
  if (label !== null && predicted !== null && !isRemoved) caption.append(mark);
  caption.append([label ?? "", fate].filter(Boolean).join(", "));
  if (isLate) {
    const small = document.createElement("small");
    small.textContent = translated("drawn after the training");
    caption.append(small);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", `Withdraw this ${WHAT}`);
  button.title = translated("Withdraw");
  button.onclick = () => withdraw(id);
  figure.append(thumbnail(strokesOf.get(id), SIDE, `Your ${WHAT} ${label ?? ""}`), caption, button);
  return figure;
}

async function withdraw(id) {
  try {
    await ask(`drawings/${id}`, { method: "DELETE" });
    sayBriefly(translated("Withdrawn and deleted."));
    await refresh();
  } catch (error) {
    say(error.message, true);
  }
}

/* What the server knows */

let seen = "";

async function refresh() {
  const state = await ask(`state?after=${newest}`);
  find("message").hidden = !state.message;
  text(find("message").firstElementChild, state.message && translated("Message to the class: {text}", { text: state.message }));
  const isNew = state.activity !== content.activity || (state.model ?? "") !== content.model;
  if (isNew && (state.activity !== content.activity || isEmpty())) return location.reload();
  find("join").hidden = !state.mustJoin;
  find("draw").hidden = !state.canDraw;
  const isRead = IS_COLLECTION && state.known;
  sayState(state, isRead ? translated("The model is trained. Below you see how it reads what you sent.") : "");
  if (!state.canDraw) text(find("task"), translated("Draw together"));
  find("class").hidden = !state.isMember;
  const pages = ["Class page", "Class page, 1 assignment", "Class page, {count} assignments"];
  text(find("class"), translated(pages[Math.min(state.assignments, 2)], { count: state.assignments }));
  find("try").hidden = !state.tryRun;
  if (state.tryRun) find("try").href = `../../predict?run=${encodeURIComponent(state.tryRun)}`;
  text(find("who"), [state.name, translated("class {code}", content)].filter(Boolean).join(" · "));
  const own = state.drawings.map(({ id, predicted, isRemoved, isWaiting, isLate }) => [
    id, predicted, isRemoved, isWaiting, isLate,
  ]);
  const look = JSON.stringify([state.canDraw, own]);
  if (content.model && state.canDraw && !isLoading) {
    isLoading = true;
    load();
  }
  if (look !== seen) {
    seen = look;
    counts = state.counts ?? counts;
    showOwn(state);
    if (state.canDraw) choose(chosen ?? (IS_COLLECTION ? fewest() : null));
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

find("message").querySelector("button").onclick = async () => {
  find("message").hidden = true;
  try {
    await ask("dismiss", { method: "POST", body: {} });
  } catch (error) {
    say(error.message, true);
  }
};

function changed(sample) {
  find("send").disabled = isEmpty();
  if (!isEmpty()) endBrief();
  if (pad) sessionStorage.setItem(KEPT, JSON.stringify(pad.strokes));
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
  find("send").disabled = isEmpty();
  if (!IS_COLLECTION) choose(null);
  if (content.model) {
    find("reading").hidden = false;
    clearReading();
  }
}
const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
if (pad && kept.length) pad.replace(kept);
repeat(refresh, PAUSE, (error) => {
  sayAway(error);
  if (!error.isClosed) return;
  for (const name of ["join", "draw", "message"]) find(name).hidden = true;
  find("class").hidden = false;
});
