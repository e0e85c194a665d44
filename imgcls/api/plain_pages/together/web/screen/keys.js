/** The presenter's keys: blank the screen, hide numbers, zoom, full screen. Nothing of it changes what others see. */

import { content } from "imgcls/content.js";

const find = (id) => document.getElementById(id);
const LARGEST = 4;
const STEP = 1.25;
const OFF = "imgcls-letters-off"; // single letters can be turned off, as somebody who dictates would press them

let zoom = 1;
const origin = { x: 50, y: 50 };

function magnify(factor) {
  zoom = Math.min(Math.max(zoom * factor, 1), LARGEST);
  const stage = document.querySelector("main");
  stage.style.transformOrigin = `${origin.x}% ${origin.y}%`;
  stage.style.transform = zoom > 1 ? `scale(${zoom})` : "";
}

/** Moves the enlarged part, in percent of the screen. */
function pan(right, down) {
  origin.x = Math.min(Math.max(origin.x + right, 0), 100);
  origin.y = Math.min(Math.max(origin.y + down, 0), 100);
  magnify(1);
}

let focused = null;
function toggleBlank() {
  const cover = find("cover");
  cover.hidden = !cover.hidden;
  if (cover.hidden) focused?.focus();
  else {
    focused = document.activeElement;
    cover.focus();
  }
}

function toggleNumbers() {
  document.body.classList.toggle("hides-numbers");
}

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

function toggleKeys() {
  const dialog = find("keys");
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

/** The other page of the projector, in its place: the drawings or the leaderboard. */
function switchPage() {
  if (content.other) location.assign(content.other);
}

const LETTERS = { b: toggleBlank, n: toggleNumbers, f: toggleFull, l: switchPage };
const SIGNS = {
  "?": toggleKeys,
  "+": () => magnify(STEP),
  "=": () => magnify(STEP),
  "-": () => magnify(1 / STEP),
  0: () => magnify(0),
};
const PANS = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] };

function actOf(event) {
  if (!find("cover").hidden) return event.key === "Escape" || event.key.toLowerCase() === "b" ? toggleBlank : null;
  if (zoom > 1 && PANS[event.key]) return () => pan(...PANS[event.key]);
  if (SIGNS[event.key]) return SIGNS[event.key];
  return localStorage.getItem(OFF) ? null : LETTERS[event.key.toLowerCase()];
}

/** Begins to listen. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = actOf(event);
    if (act) {
      event.preventDefault();
      act();
    }
  });
  document.addEventListener("pointermove", (event) => {
    if (zoom === 1) [origin.x, origin.y] = [(100 * event.clientX) / innerWidth, (100 * event.clientY) / innerHeight];
  });
  find("cover").onclick = toggleBlank;
  find("letters").checked = !localStorage.getItem(OFF);
  find("letters").onchange = ({ target }) => {
    if (target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  };
}
