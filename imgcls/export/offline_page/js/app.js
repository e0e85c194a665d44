/** The page: what is drawn, chosen or filmed is prepared, classified and shown. */

import { showBars, showInput, showScores, text } from "imgcls/views.js";
import { content } from "imgcls/content.js";
import { decoded, pixelsOf } from "imgcls/images/decode.js";
import { DrawingPad } from "imgcls/drawing_pad.js";
import { prepareStrokes, narrowed } from "imgcls/images/ink.js";
import { loaded, outputs } from "imgcls/model.js";
import { preparePhoto } from "imgcls/images/photo.js";
import { rejection } from "imgcls/rejection/rejection.js";

const find = (id) => document.getElementById(id);
const THINNER_PEN = "Redrawn with a thinner pen, to match the stroke width of the training images.";
const NO_CAMERA = "The camera cannot be used here. Choose a photo instead.";
const FIRST = content.isInk ? "Draw one here, or choose a photo." : "Choose a photo, or use the camera.";
const NO_MODEL = "The model cannot run in this browser. Open this page in a current Chrome, Edge, Firefox or Safari.";

let turn = 0; // counts inputs: an answer that comes late is dropped

/** Shows the answer for a model input; `source` is { strokes } or { image }. */
async function answer(prepare, source = {}, isDone = true) {
  const mine = ++turn;
  try {
    const { pixels, notes } = prepare();
    const { probabilities, features } = await outputs(pixels);
    const refused = await rejection({ ...source, pixels, features, isDone });
    if (mine !== turn) return;
    showAnswer(probabilities, refused);
    showInput(pixels, notes);
  } catch (error) {
    if (mine === turn) showProblem(error.message);
  }
}

function showAnswer(probabilities, refused) {
  const { classes, thresholds } = content;
  const best = probabilities.indexOf(Math.max(...probabilities));
  const chosen = classes.filter((_, i) => (thresholds ? probabilities[i] >= thresholds[i] : i === best));
  const field = find("answer");
  field.className = refused ? "is-rejected" : "";
  text(field, refused ? refused.title : chosen.join(", ") || "None of the labels");
  text(find("reason"), refused ? refused.text : "");
  showBars(probabilities, chosen);
}

function showProblem(message) {
  find("answer").className = "is-hint";
  text(find("answer"), message);
  text(find("reason"), "");
  find("bars").replaceChildren();
  find("input").hidden = true;
}

function drawn(strokes, isDone) {
  if (!strokes.length) {
    turn++;
    showProblem(FIRST);
    return;
  }
  find("chosen").hidden = true;
  const copy = strokes.map((stroke) => [...stroke]);
  answer(
    () => ({ pixels: prepareStrokes(copy, content.shape), notes: narrowed(copy) === copy ? [] : [THINNER_PEN] }),
    { strokes: copy },
    isDone,
  );
}

async function chosenFile(file) {
  if (!file) return;
  showProblem("Reading the photo …");
  const mine = ++turn;
  try {
    const { image, notes } = await decoded(file);
    if (mine === turn) await classifyPhoto(image, notes, URL.createObjectURL(file), file.name);
  } catch (error) {
    if (mine === turn) showProblem(error.message);
  }
}

async function classifyPhoto(image, notes, url, name) {
  const shown = find("chosen");
  shown.src = url;
  shown.alt = `The chosen photo, ${name}`;
  shown.hidden = false;
  await answer(() => {
    const prepared = preparePhoto(image, content);
    return { pixels: prepared.pixels, notes: [...notes, ...prepared.notes] };
  });
}

let stream;

async function startCamera() {
  const video = find("live").querySelector("video");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
    find("live").hidden = false;
    find("snap").focus();
  } catch {
    stopCamera();
    showProblem(NO_CAMERA);
  }
}

function stopCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
  find("live").hidden = true;
}

async function takePhoto() {
  const video = find("live").querySelector("video");
  const { image, notes } = pixelsOf(video, video.videoWidth, video.videoHeight);
  const still = document.createElement("canvas");
  [still.width, still.height] = [video.videoWidth, video.videoHeight];
  still.getContext("2d").drawImage(video, 0, 0);
  stopCamera();
  await classifyPhoto(image, notes, still.toDataURL(), "from the camera");
}

function listen() {
  const file = find("file");
  file.onchange = () => {
    chosenFile(file.files[0]);
    file.value = ""; // the same file may be chosen again
  };
  find("camera").hidden = !navigator.mediaDevices?.getUserMedia;
  find("camera").onclick = startCamera;
  find("snap").onclick = takePhoto;
  find("stop").onclick = stopCamera;
  addEventListener("paste", (event) => chosenFile(event.clipboardData?.files[0]));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    chosenFile(event.dataTransfer.files[0]);
  });
}

showScores();
if (content.isInk) {
  find("pad").hidden = false;
  new DrawingPad(find("pad"), drawn);
}
listen();
showProblem("Loading the model …");
loaded().then(
  () => showProblem(FIRST),
  () => showProblem(NO_MODEL),
);
