/**
 * The prediction in large letters and the probabilities as bars. Bars keep their elements, so that they move and do not
 * jump. The canvas or camera that sent the input is told when the answer is there.
 */

const SHORT = 2; // letters of a class: its bars leave room for the model input beside them
const rowNames = new WeakMap(); // by the element of the bars: the class in each row, while something is being drawn

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".answer");
  const { prediction, rejection, text, description, edition, number } = data;
  const large = root.querySelector(".large");
  const title = rejection || (prediction ?? data.todo);
  const kind = rejection ? "rejection" : prediction === null ? "todo" : "prediction";
  if (large.textContent !== title) large.textContent = title;
  large.className = `large ${kind} ${title.length > 3 ? "long" : ""}`;
  root.querySelector(".confidence").textContent = text;
  const bars = root.querySelector(".bars");
  bars.classList.toggle("dim", Boolean(rejection));
  bars.setAttribute("aria-label", description);
  const isDrawing = number !== undefined && prediction !== null;
  const rows = isDrawing ? inPlace(data.rows, rowNames.get(bars) ?? []) : data.rows;
  rowNames.set(bars, isDrawing ? rows.map(({ name }) => name) : []);
  while (bars.children.length > rows.length) bars.lastChild.remove();
  root.classList.toggle(
    "short",
    rows.every(({ name }) => name.length <= SHORT),
  );
  rows.forEach(({ name, probability, percent, best }, place) => {
    let row = bars.children[place];
    if (!row) {
      row = document.createElement("div");
      row.innerHTML = "<span></span><i><u></u></i><em></em>";
      bars.append(row);
    }
    const [label, bar, number] = row.children;
    if (label.textContent !== name) label.textContent = label.title = name;
    row.classList.toggle("best", best);
    bar.firstChild.style.width = `${100 * probability}%`;
    number.textContent = prediction === null ? "" : percent;
  });
  showInput(root.querySelector(".input"), data.input);
  const echo = rejection ? "?" : (prediction ?? "");
  dispatchEvent(new CustomEvent("imgcls-prediction", { detail: echo }));
  if (number !== undefined) {
    const detail = { edition, number, prediction: echo };
    dispatchEvent(new CustomEvent("imgcls-answered", { detail }));
    // Two frames later it is painted, which only benchmarks want to know.
    const painted = () => dispatchEvent(new CustomEvent("imgcls-painted", { detail }));
    requestAnimationFrame(() => requestAnimationFrame(painted));
  }
}

/** The model input with its notes, changed only if it is another one. */
function showInput(box, input) {
  box.hidden = !input;
  if (!input) return;
  const image = box.querySelector("img");
  box.classList.toggle("empty", !input.source);
  if (!input.source || image.src !== input.source) showPixel(box, input, null);
  if (input.source && image.src !== input.source) image.src = input.source;
  if (!input.source) image.removeAttribute("src");
  image.alt = input.alt;
  image.tabIndex = input.source ? 0 : -1;
  if (!input.source) image.removeAttribute("tabindex");
  image.onpointermove = image.onpointerdown = (event) => showPixel(box, input, pixelUnder(image, event));
  image.onkeydown = (event) => movePixel(box, input, event);
  const notes = box.querySelector(".notes");
  const lines = input.lines.join("\n");
  if (notes.dataset.lines !== lines) {
    notes.dataset.lines = lines;
    const paragraph = (line) => Object.assign(document.createElement("p"), { textContent: line });
    notes.replaceChildren(...input.lines.map(paragraph));
  }
}

/** Where an image is in its square box, which it fills in one direction, and how many CSS pixels one of it takes. */
function placed({ clientWidth: side, naturalWidth: width, naturalHeight: height }) {
  const scale = side / Math.max(width, height);
  return { scale, left: (side - width * scale) / 2, top: (side - height * scale) / 2 };
}

/** Column and row of the pixel that the pointer is at; null beside the image. */
function pixelUnder(image, { offsetX, offsetY }) {
  const { scale, left, top } = placed(image);
  const at = [Math.floor((offsetX - left) / scale), Math.floor((offsetY - top) / scale)];
  return at.every((one, axis) => one >= 0 && one < [image.naturalWidth, image.naturalHeight][axis]) ? at : null;
}

/** The arrow keys go from pixel to pixel, starting in the middle. */
function movePixel(box, input, event) {
  const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!step) return;
  event.preventDefault();
  const image = box.querySelector("img");
  const sizes = [image.naturalWidth, image.naturalHeight];
  const before = box.dataset.pixel ? box.dataset.pixel.split(",").map(Number) : sizes.map((size) => size >> 1);
  const at = before.map((one, axis) => Math.min(sizes[axis] - 1, Math.max(0, one + step[axis])));
  showPixel(box, input, at);
}

/** The number of a pixel of the model input, or all three of a colour, below the image, and a frame around it. */
function showPixel(box, { channels, texts }, at) {
  const frame = box.querySelector(".sheet b");
  const line = box.querySelector(".pixel");
  frame.hidden = !at;
  box.dataset.pixel = at ?? "";
  if (!at) {
    line.textContent = texts.point;
    return;
  }
  const image = box.querySelector("img");
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d");
  context.drawImage(image, -at[0], -at[1]);
  const value = [...context.getImageData(0, 0, 1, 1).data.slice(0, channels)].join(", ");
  const { scale, left, top } = placed(image);
  frame.style.cssText = `left:${left + at[0] * scale}px;top:${top + at[1] * scale}px;width:${scale}px;height:${scale}px`;
  const parts = { row: at[1] + 1, column: at[0] + 1, value };
  line.textContent = texts.pixel.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
}

/** The rows in another order: a class that had a row keeps it, and a new one takes the row of a class that left. */
function inPlace(rows, names) {
  const left = [...rows];
  const placed = rows.map((_, place) => {
    const at = left.findIndex((row) => row.name === names[place]);
    return at < 0 ? null : left.splice(at, 1)[0];
  });
  return placed.map((row) => row ?? left.shift());
}
