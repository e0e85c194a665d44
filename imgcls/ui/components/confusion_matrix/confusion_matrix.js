/* A confusion matrix. Only non-empty cells are elements, positioned by percent, so that a hundred classes are drawn at
once and nothing has to be redrawn when the page gets wider. Clicks and keys are handled by the field, by position. */

const MOST_WITH_NUMBERS = 20; // classes
const MOST_NAMED = { rows: 40, columns: 25 }; // with more classes, only every n-th is named
const TINTS = [0.15, 0.85, 0.7]; // weakest, range, exponent
const PAPERS = [
  [255, 255, 255],
  [24, 30, 37],
]; // what tints are mixed with, in light and in dark mode: the weakest are closest to the page

const matrices = new WeakMap();

/** Four digits without a comma are larger: a cell is narrow. */
const inCell = (count) => (count < 10000 ? String(count) : count.toLocaleString("en"));

export default function ({ parentElement, data, setTriggerValue }) {
  let matrix = matrices.get(parentElement);
  if (!matrix) {
    matrix = new Matrix(parentElement.querySelector(".matrix"));
    matrices.set(parentElement, matrix);
  }
  matrix.send = (cell) => setTriggerValue("cell", cell);
  matrix.show(data);
  return () => {
    matrix.end.disconnect();
    matrices.delete(parentElement);
  };
}

class Matrix {
  constructor(root) {
    this.root = root;
    for (const part of ["field", "rows", "columns", "tip", "announced"]) this[part] = root.querySelector(`.${part}`);
    this.chosen = root.querySelector(".frame.chosen");
    this.mirrored = root.querySelector(".frame.mirrored"); // of a pair
    this.hovered = root.querySelector(".frame.hovered");
    this.place = null; // [row, column] under the keyboard or the pointer
    this.field.onpointermove = (event) => this.hover(this.under(event));
    this.field.onpointerleave = () => this.hover(null);
    this.field.onclick = (event) => this.press(this.under(event));
    this.field.onkeydown = (event) => this.key(event);
    this.field.onblur = () => this.hover(null);
    // Below the names of the columns is that of their axis: when it is out of sight, they lie over a row.
    this.end = new IntersectionObserver((entries) => {
      const { isIntersecting, boundingClientRect } = entries.at(-1);
      root.classList.toggle("cut", !isIntersecting && boundingClientRect.top > 0);
    });
    this.end.observe(root.querySelector(".predicted"));
  }

  show(data) {
    const { drawn, selected, isPair, isClickable, label } = data;
    this.field.classList.toggle("clickable", isClickable);
    this.field.setAttribute("aria-label", label);
    this.isClickable = isClickable;
    this.selected = isPair ? null : selected; // a click on one of a pair selects it alone
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.data = JSON.parse(drawn);
      this.size = this.data.names.length;
      this.draw();
    }
    const at = selected?.map((one) => this.data.order.indexOf(one));
    const place = at?.every((one) => one >= 0) ? at : null;
    this.frame(this.chosen, place);
    this.frame(this.mirrored, isPair && place ? place.toReversed() : null);
  }

  draw() {
    const { names, cells, sums, isFractions, isErrorsOnly, colours, axes, room } = this.data;
    const size = this.size;
    for (const [at, axis] of [".true", ".predicted"].entries()) this.root.querySelector(axis).textContent = axes[at];
    this.counts = new Map();
    const tops = [1e-9, 1e-9]; // of correct predictions, of errors
    const shown = (row, count) => (isFractions ? count / sums[row] : count);
    for (let i = 0; i < cells.length; i += 3) {
      const [row, column, count] = cells.slice(i, i + 3);
      this.counts.set(row * size + column, count);
      const kind = Number(row !== column);
      tops[kind] = Math.max(tops[kind], shown(row, count));
    }
    const step = 100 / size;
    const withNumbers = size <= MOST_WITH_NUMBERS;
    // A digit is half as wide as it is high. Cells have this, not the field, which is the container of its units.
    const fontSize = (text) =>
      `clamp(7px, ${step / (Math.max(3, text.length) * 0.5 + 0.3)}cqw, ${size <= 12 ? 13 : 10}px)`;
    const html = [];
    for (const [place, count] of this.counts) {
      const row = Math.floor(place / size),
        column = place % size;
      const kind = Number(row !== column);
      if (!kind && isErrorsOnly) continue;
      const tints = PAPERS.map((paper) => tintOf(colours[kind], shown(row, count) / tops[kind], paper));
      const number = isFractions ? percent(count / sums[row]) : inCell(count);
      html.push(
        `<b style="left:${column * step}%;top:${row * step}%;width:${step}%;height:${step}%;font-size:${fontSize(number)};` +
          `background:light-dark(${tints.map((tint) => `rgb(${tint})`)});color:light-dark(${tints.map(inkOn)})"` +
          `${withNumbers ? "" : ' class="fine"'}>${withNumbers ? number : ""}</b>`,
      );
    }
    for (const cell of this.field.querySelectorAll("b")) cell.remove();
    this.field.insertAdjacentHTML("afterbegin", html.join(""));
    const length = Math.min(18, Math.max(4, ...names.map((name) => name.length)));
    const style = this.root.style;
    const [height, below] = room;
    style.setProperty("--height", height);
    style.setProperty("--names", `${length * 0.58}rem`);
    style.setProperty("--names-below", below);
    this.columns.classList.toggle("slanted", below !== "1.6rem");
    for (const [part, side] of [
      ["rows", "top"],
      ["columns", "left"],
    ]) {
      const every = Math.max(1, Math.ceil(size / MOST_NAMED[part]));
      const texts = names.flatMap((name, at) => {
        if (at % every) return [];
        const text = Object.assign(document.createElement("span"), { textContent: name, title: name });
        text.style[side] = `${(at + 0.5) * step}%`;
        return [text];
      });
      this[part].replaceChildren(...texts);
    }
    this.hover(null);
  }

  /* The cell under the pointer. */
  under(event) {
    const box = this.field.getBoundingClientRect();
    const at = (part) => Math.min(this.size - 1, Math.max(0, Math.floor(part * this.size)));
    return [at((event.clientY - box.top) / box.height), at((event.clientX - box.left) / box.width)];
  }

  hover(place) {
    this.place = place;
    this.frame(this.hovered, place);
    this.tip.hidden = !place;
    if (!place) return;
    this.tip.textContent = this.announced.textContent = this.words(place);
    const [field, root] = [this.field.getBoundingClientRect(), this.root.getBoundingClientRect()];
    const x = field.left - root.left + ((place[1] + 0.5) / this.size) * field.width;
    const top = field.top - root.top + (place[0] / this.size) * field.height;
    const { offsetWidth, offsetHeight } = this.tip;
    this.tip.style.left = `${Math.max(0, Math.min(root.width - offsetWidth, x - offsetWidth / 2))}px`;
    const above = top - offsetHeight - 6;
    this.tip.style.top = `${above >= -20 ? above : top + field.height / this.size + 6}px`;
  }

  words([row, column]) {
    const { names, sums, isMultilabel } = this.data;
    const count = this.counts.get(row * this.size + column) || 0;
    const fraction = sums[row] ? ` (${percent(count / sums[row])} of ${names[row]})` : "";
    const images = `${count.toLocaleString("en")} image${count === 1 ? "" : "s"}`;
    if (!isMultilabel) return `true ${names[row]}, predicted ${names[column]}: ${images}${fraction}`;
    if (row === column) return `${names[row]} correctly predicted: ${images}${fraction}`;
    return `${names[row]} missing, ${names[column]} incorrectly predicted: ${images}${fraction}`;
  }

  frame(frame, place) {
    frame.hidden = !place;
    if (!place) return;
    const step = 100 / this.size;
    frame.style.top = `${(place[0] + 0.5) * step}%`;
    frame.style.left = `${(place[1] + 0.5) * step}%`;
    frame.style.width = frame.style.height = `${step}%`;
  }

  /* Selects a cell; deselects it if it is selected already. */
  press(place) {
    if (!this.isClickable || !this.size) return;
    const cell = place?.map((one) => this.data.order[one]);
    const isSame = !cell || String(cell) === String(this.selected);
    this.frame(this.chosen, isSame ? null : place);
    this.frame(this.mirrored, null);
    this.send({ cell: isSame ? null : cell });
  }

  key(event) {
    const [row, column] = this.place || [0, 0];
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const within = (one) => Math.min(this.size - 1, Math.max(0, one));
    if (event.key in moves) {
      const [down, right] = this.place ? moves[event.key] : [0, 0];
      this.hover([within(row + down), within(column + right)]);
    } else if ((event.key === "Enter" || event.key === " ") && this.place) this.press(this.place);
    else if (event.key === "Escape") this.press(null);
    else return;
    event.preventDefault();
  }
}

/* An opaque tint, so that the contrast of its number is known. */
function tintOf([red, green, blue, strongest], fraction, paper) {
  const part = strongest * (TINTS[0] + TINTS[1] * fraction ** TINTS[2]);
  return [red, green, blue].map((one, at) => Math.round(paper[at] + (one - paper[at]) * part));
}

/* Black or white, whichever has more contrast: always more than 4.5:1, as WCAG 2.2 defines it. */
function inkOn(tint) {
  const [red, green, blue] = tint.map((one) => {
    const value = one / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? "#000" : "#fff";
}
