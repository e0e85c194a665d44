// Shows the run at a time of the replay. Everything that appears is a function of the time, so any order of steps works.

const content = JSON.parse(document.getElementById("content").textContent);
const SVG = document.getElementById("matrix")?.querySelector("svg");
const NAMESPACE = document.querySelector("svg")?.namespaceURI ?? null;
const NAMED = 25; // with more classes, names and counts would not be legible
const SIDE = 400;
const cell = SIDE / Math.max(content.classes.length, 1);
const size = Math.min(14, cell * 0.8); // of the names of classes
const names = content.classes.length > NAMED ? [] : content.classes.map((name) => short(name, 11));
const longest = Math.max(0, ...names.map((name) => name.length * size * 0.62));
const isUpright = longest < cell;
const MARGIN = { left: 30 + longest, bottom: isUpright ? 24 + 1.2 * size : 30 + 0.7 * longest };
const LARGEST = 4;
const isReduced = matchMedia("(prefers-reduced-motion: reduce)");
const byId = (id) => document.getElementById(id);

let time = 0;
let began = null; // when the replay was started, minus the time of the replay, in milliseconds; null while it is paused
let zoom = 1;
const origin = { x: 50, y: 50 };

function short(name, most) {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

/** The last of some entries whose time `at` has come; undefined before the first. */
function latest(entries) {
  return entries.findLast((entry) => entry.at <= time + 1e-6);
}

/** How much of the curves is drawn, from 0 to 1: point by point with reduced motion. */
function drawn() {
  const [first, last] = [content.epochs[0].at, content.epochs.at(-1).at];
  const now = isReduced.matches ? (latest(content.epochs)?.at ?? 0) : time;
  if (now < first) {
    return -1;
  }
  return last > first ? Math.min((now - first) / (last - first), 1) : 1;
}

function drawCurves() {
  const share = drawn();
  for (const svg of document.querySelectorAll(".curve svg")) {
    const { x, width } = svg.querySelector(".grid").getBBox();
    const end = svg.viewBox.baseVal.width; // beyond the last epoch: half of its mark lies there
    const edge = share < 0 ? 0 : share >= 1 || content.epochs.length < 2 ? end : x + share * width + 1;
    svg.querySelector("clipPath rect").setAttribute("width", edge);
  }
}

function element(name, attributes, text = "") {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.textContent = text;
  return made;
}

const left = (column) => MARGIN.left + column * cell;
const top = (row) => row * cell;
const square = (row, column, attributes) =>
  element("rect", { x: left(column), y: top(row), width: cell, height: cell, ...attributes });

function prepareMatrix() {
  const [width, height] = [MARGIN.left + SIDE + 2, SIDE + MARGIN.bottom];
  SVG.setAttribute("viewBox", `0 -2 ${width} ${height + 4}`);
  SVG.append(element("g", { id: "cells" }));
  SVG.append(element("rect", { class: "frame", x: MARGIN.left, y: 0, width: SIDE, height: SIDE }));
  const middle = { "text-anchor": "middle" };
  SVG.append(element("text", { ...middle, x: MARGIN.left + SIDE / 2, y: height - 2 }, "predicted"));
  SVG.append(element("text", { ...middle, transform: `translate(13 ${SIDE / 2}) rotate(-90)` }, "true class"));
  const style = `font-size: ${size}px`;
  names.forEach((name, index) => {
    const row = { x: MARGIN.left - 6, y: top(index + 0.5) + size * 0.35, "text-anchor": "end", style };
    const column = isUpright
      ? { ...middle, x: left(index + 0.5), y: SIDE + 4 + size, style }
      : { transform: `translate(${left(index + 0.5) + 4} ${SIDE + 12}) rotate(-40)`, "text-anchor": "end", style };
    SVG.append(element("text", row, name), element("text", column, name));
  });
  SVG.append(element("g", { id: "pairs" }));
}

/** The largest number of images in a cell off the diagonal and in a row, over all epochs, so that shades compare. */
const scale = { wrong: 1, row: 1 };
for (const { cells } of content.matrices) {
  const sums = new Map();
  for (let place = 0; place < cells.length; place += 2) {
    const [row, column] = [Math.floor(cells[place] / content.classes.length), cells[place] % content.classes.length];
    sums.set(row, (sums.get(row) ?? 0) + cells[place + 1]);
    scale.wrong = Math.max(scale.wrong, row === column ? 0 : cells[place + 1]);
  }
  scale.row = Math.max(scale.row, ...sums.values());
}

let shown = null;
function drawMatrix() {
  const now = latest(content.matrices);
  if (now === shown) {
    return;
  }
  shown = now;
  const parts = [];
  const count = content.classes.length;
  for (let place = 0; place < (now?.cells.length ?? 0); place += 2) {
    const [row, column] = [Math.floor(now.cells[place] / count), now.cells[place] % count];
    const images = now.cells[place + 1];
    const share = row === column ? images / scale.row : Math.sqrt(images / scale.wrong);
    const fill = `rgb(var(--${row === column ? "right" : "wrong"}) / ${(0.5 * share).toFixed(3)})`;
    parts.push(square(row, column, { style: `fill: ${fill}` }));
    if (count <= NAMED) {
      const style = `font-size: ${Math.min(16, cell * 0.4)}px`;
      const at = { x: left(column + 0.5), y: top(row + 0.5) + Math.min(16, cell * 0.4) * 0.35 };
      parts.push(element("text", { class: "count", ...at, style }, images));
    }
  }
  byId("cells").replaceChildren(...parts);
}

function outline(pair) {
  const [first, second] = pair ?? [];
  const frames = pair ? [square(first, second, { class: "pair" }), square(second, first, { class: "pair" })] : [];
  byId("pairs").replaceChildren(...frames);
}

function drawImages() {
  document.querySelectorAll("#images li").forEach((item, index) => {
    const { label, states } = content.images[index];
    const state = states.findLast(([at]) => at <= time + 1e-6);
    const [, predicted, probability] = state ?? [];
    const mark = !state || label === null ? "" : label === predicted ? "✓\u00a0" : "✕\u00a0";
    const [name, number] = item.querySelectorAll("span span");
    name.textContent = state ? `${mark}${content.classes[predicted]}` : "–";
    number.textContent = state ? percent(probability, 0) : "";
  });
}

function drawFilters() {
  const shown = document.querySelector("#filters img");
  const now = latest(content.filters)?.image;
  if (shown && now !== shown.getAttribute("src")) {
    shown.hidden = !now;
    if (now) {
      shown.src = now;
    }
  }
}

let caption = null;
function drawCaption() {
  const now = latest(content.captions);
  if (time > 0 && !now) {
    byId("text").textContent = ""; // the invitation to start
  }
  if (now === caption) {
    return;
  }
  caption = now;
  byId("text").textContent = now?.text ?? "";
  byId("detail").textContent = now?.detail ?? "";
  if (SVG) {
    outline(now?.pair);
  }
}

function draw() {
  const epoch = latest(content.epochs);
  byId("epoch").textContent = epoch?.epoch ?? 0;
  byId("accuracy").textContent = epoch?.accuracy == null ? "–" : percent(epoch.accuracy);
  drawCurves();
  if (SVG) {
    drawMatrix();
  }
  drawImages();
  drawFilters();
  drawCaption();
  byId("time").value = time;
  byId("time").setAttribute("aria-valuetext", `${Math.round(time)} of ${Math.round(content.seconds)} seconds`);
}

function pause() {
  began = null;
  byId("play").textContent = "Play";
}

function play() {
  if (began !== null) {
    pause();
    return;
  }
  if (time >= content.seconds) {
    time = 0;
  }
  began = performance.now() - 1000 * time;
  byId("play").textContent = "Pause";
  requestAnimationFrame(advance);
}

function advance() {
  if (began === null) {
    return;
  }
  time = Math.min((performance.now() - began) / 1000, content.seconds);
  draw();
  if (time >= content.seconds) {
    pause();
  } else {
    requestAnimationFrame(advance);
  }
}

function goTo(seconds) {
  pause();
  time = seconds;
  draw();
}

const stops = [0, ...content.epochs.map((epoch) => epoch.at), content.seconds];
const previous = () => goTo(stops.findLast((stop) => stop < time - 1e-6) ?? 0);
const next = () => goTo(stops.find((stop) => stop > time + 1e-6) ?? content.seconds);

function magnify(factor) {
  zoom = Math.min(Math.max(zoom * factor, 1), LARGEST);
  const stage = byId("stage");
  stage.style.transformOrigin = `${origin.x}% ${origin.y}%`;
  stage.style.transform = zoom > 1 ? `scale(${zoom})` : "";
}

/** Moves the enlarged part, in percent of the screen. */
function pan(right, down) {
  origin.x = Math.min(Math.max(origin.x + right, 0), 100);
  origin.y = Math.min(Math.max(origin.y + down, 0), 100);
  magnify(1);
}

function toggleNumbers() {
  const isHidden = document.body.classList.toggle("hides-numbers");
  byId("numbers").setAttribute("aria-pressed", isHidden);
}

let focused = null;
function toggleBlank() {
  const cover = byId("cover");
  cover.hidden = !cover.hidden;
  if (cover.hidden) {
    focused?.focus();
  } else {
    pause();
    focused = document.activeElement;
    cover.focus();
  }
}

function toggleFull() {
  if (document.fullscreenElement) {
    document.exitFullscreen();
  } else {
    document.documentElement.requestFullscreen();
  }
}

function toggleLetters() {
  const button = byId("letters");
  button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
}

const KEYS = {
  ArrowLeft: previous,
  ArrowRight: next,
  PageUp: previous,
  PageDown: next,
  Home: () => goTo(0),
  End: () => goTo(content.seconds),
  "+": () => magnify(1.25),
  "=": () => magnify(1.25),
  "-": () => magnify(0.8),
};
const PANS = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] };
const LETTERS = { b: toggleBlank, n: toggleNumbers, f: toggleFull };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const isLetter = byId("letters").getAttribute("aria-pressed") === "true";
  let act = KEYS[event.key] ?? (isLetter ? LETTERS[event.key.toLowerCase()] : undefined);
  if (event.key === " " && !(event.target instanceof HTMLButtonElement)) {
    act = play;
  }
  if (event.shiftKey && PANS[event.key]) {
    act = () => pan(...PANS[event.key]);
  }
  if (!byId("cover").hidden) {
    act = event.key === "Escape" || act === toggleBlank ? toggleBlank : undefined;
  }
  if (act) {
    event.preventDefault();
    act();
  }
});

document.addEventListener("pointermove", (event) => {
  if (zoom === 1) {
    origin.x = (100 * event.clientX) / innerWidth;
    origin.y = (100 * event.clientY) / innerHeight;
  }
});

const BUTTONS = {
  play,
  back: previous,
  forward: next,
  larger: KEYS["+"],
  smaller: KEYS["-"],
  numbers: toggleNumbers,
  blank: toggleBlank,
  full: toggleFull,
  letters: toggleLetters,
  cover: toggleBlank,
};
for (const [id, act] of Object.entries(BUTTONS)) {
  byId(id).addEventListener("click", (event) => {
    act();
    if (event.detail > 0) {
      event.currentTarget.blur(); // after a click with a pointer, Space plays again
    }
  });
}
byId("time").addEventListener("input", (event) => goTo(Number(event.target.value)));

document.querySelectorAll(".curve svg").forEach((svg, index) => {
  const clip = element("clipPath", { id: `drawn-${index}` });
  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  clip.append(element("rect", { x: 0, y: 0, width, height }));
  svg.append(clip);
  for (const line of svg.querySelectorAll(".training, .validation, .best")) {
    line.setAttribute("clip-path", `url(#drawn-${index})`);
  }
});
if (SVG) {
  prepareMatrix();
}
const invitation = byId("text").textContent;
draw();
byId("text").textContent = invitation;
