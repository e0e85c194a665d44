/* One unit of a convolution. All numbers come from the server once; following the pointer costs it nothing. */

const views = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new View(parentElement.querySelector(".by-hand"));
    views.set(parentElement, view);
  }
  view.send = (unit) => setStateValue("unit", unit);
  view.show(data.content, data.texts);
  return () => views.delete(parentElement);
}

class View {
  constructor(root) {
    this.root = root;
    for (const part of ["input", "map", "sum"]) this[part] = root.querySelector(`.${part}`);
    this.map.onpointermove = (event) => this.move(this.under(event));
    this.map.onpointerleave = () => this.move(this.chosen);
    this.map.onclick = (event) => this.choose(this.under(event));
    this.map.onkeydown = (event) => this.key(event);
  }

  show(content, texts) {
    if (content === this.content) return;
    this.content = content;
    this.texts = texts;
    const data = JSON.parse(content);
    this.data = data;
    this.inputs = floats(data.inputs);
    this.range = [Math.min(...this.inputs), Math.max(...this.inputs)];
    this.outputs = floats(data.outputs);
    paintImage(this.input, bytes(data.image), data);
    const [rows, columns] = data.outputShape;
    const top = Math.max(1e-9, ...this.outputs.map(Math.abs));
    paint(this.map, rows, columns, (at) => shade(this.outputs[at] / top));
    this.map.setAttribute(
      "aria-label",
      filled(texts.label, { number: data.map + 1, layer: data.layer, rows, columns }),
    );
    this.root.querySelector(".input-title").textContent = texts.input;
    this.root.querySelector(".map-title").textContent = filled(texts.map, { number: data.map + 1 });
    const kept = this.chosen && this.chosen[0] < rows && this.chosen[1] < columns;
    if (!kept) this.chosen = data.start;
    this.move(this.chosen);
  }

  under(event) {
    const box = this.map.getBoundingClientRect();
    const [rows, columns] = this.data.outputShape;
    const at = (part, size, count) => Math.min(count - 1, Math.max(0, Math.floor((part / size) * count)));
    return [at(event.clientY - box.top, box.height, rows), at(event.clientX - box.left, box.width, columns)];
  }

  choose(unit) {
    this.chosen = unit;
    this.move(unit);
    this.send([...unit]);
  }

  key(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (step) {
      const [rows, columns] = this.data.outputShape;
      this.chosen = [
        Math.min(rows - 1, Math.max(0, this.chosen[0] + step[0])),
        Math.min(columns - 1, Math.max(0, this.chosen[1] + step[1])),
      ];
      this.move(this.chosen);
    } else if (event.key === "Enter" || event.key === " ") this.send([...this.chosen]);
    else return;
    event.preventDefault();
  }

  move([row, column]) {
    const { texts } = this;
    const { shape, kernelShape, border, outputShape, kernel, bias, isRectified } = this.data;
    const [height, width, channels] = kernelShape;
    const size = [shape[0] - (height - 1) * (border > 0), shape[1] - (width - 1) * (border > 0)];
    frame(this.input.nextElementSibling, row - border, column - border, height, width, size);
    frame(this.map.nextElementSibling, row, column, 1, 1, outputShape);
    const seen = [];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) seen.push(this.inputs[((row + y) * shape[1] + column + x) * channels + c]);
    const products = seen.map((value, at) => value * kernel[at]);
    const total = products.reduce((sum, one) => sum + one, 0) + bias;
    const value = isRectified ? Math.max(0, total) : total;
    const app = this.outputs[row * outputShape[1] + column];
    const grids = [];
    for (let c = 0; c < channels; c++) {
      const name = channels === 3 ? `${texts[["red", "green", "blue"][c]]} ` : "";
      const pick = (values) => values.filter((_, at) => at % channels === c);
      grids.push(
        `<div class="grids" style="--cells:${3 * width}">${grid(`${name}${texts.pixels}`, pick(seen), width, this.range)}` +
          `<b>×</b>${grid(`${name}${texts.weights}`, pick(kernel), width)}<b>=</b>` +
          `${grid(`${name}${texts.products}`, pick(products), width)}</div>`,
      );
    }
    const shown = products.filter((one) => Math.abs(one) >= 0.005);
    const terms = shown.length ? shown.map(signed).join(" ") : "0.00";
    const left = products.length - shown.length;
    const zeros = left ? ` ${filled(texts.zeros, { count: left, all: products.length })}` : "";
    const bold = (number) => `<b>${fixed(number)}</b>`;
    this.sum.innerHTML =
      `${grids.join("")}<p class="terms">${texts.sum} ${terms}${zeros}<br>` +
      `${filled(texts.total, { bias: precise(bias), total: bold(total) })}</p>` +
      `<p class="result">${isRectified ? `${filled(texts.relu, { value: bold(value) })} ` : ""}` +
      `${filled(texts.app, { value: bold(app) })}</p>`;
  }
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function frame(box, row, column, height, width, [rows, columns]) {
  box.style.top = `${(100 * row) / rows}%`;
  box.style.left = `${(100 * column) / columns}%`;
  box.style.height = `${(100 * height) / rows}%`;
  box.style.width = `${(100 * width) / columns}%`;
}

/* Orange is positive and blue negative, the stronger the larger. With the range of all pixels: as in their image. */
function grid(title, values, width, range = null) {
  const top = Math.max(1e-9, ...values.map(Math.abs));
  const tint = (one) => {
    if (!range) return `${one < 0 ? "minus" : "plus"}" style="--strength:${(Math.abs(one) / top).toFixed(2)}`;
    const share = (one - range[0]) / Math.max(1e-9, range[1] - range[0]);
    return `pixel ${share > 0.5 ? "bright" : "dark"}" style="--strength:${share.toFixed(2)}`;
  };
  const rows = [];
  for (let at = 0; at < values.length; at += width)
    rows.push(
      `<tr>${values
        .slice(at, at + width)
        .map((one) => `<td class="${tint(one)}">${fixed(one)}</td>`)
        .join("")}</tr>`,
    );
  return `<table><caption>${title}</caption>${rows.join("")}</table>`;
}

function fixed(value) {
  const text = value.toFixed(2);
  return (text === "-0.00" ? "0.00" : text).replace("-", "−");
}

function signed(value) {
  return (value < 0 ? "− " : "+ ") + Math.abs(value).toFixed(2);
}

/* A small number needs a third decimal, or it reads like a mistake. */
function precise(value) {
  if (Math.abs(value) >= 0.005) return signed(value);
  const text = Math.abs(value).toFixed(3);
  return text === "0.000" ? "≈ 0" : (value < 0 ? "− " : "+ ") + text;
}

/* Black is zero, bright is strong, blue is negative: as in the other images of activations. */
function shade(share) {
  const strength = Math.round(255 * Math.min(1, Math.abs(share)));
  return share < 0 ? [0, strength >> 1, strength] : [strength, strength, strength];
}

function paintImage(canvas, pixels, { channels, shape, kernelShape, border }) {
  const rows = shape[0] - (kernelShape[0] - 1) * (border > 0);
  const columns = shape[1] - (kernelShape[1] - 1) * (border > 0);
  paint(canvas, rows, columns, (at) =>
    channels === 3 ? [...pixels.slice(3 * at, 3 * at + 3)] : Array(3).fill(pixels[at * channels]),
  );
}

function paint(canvas, rows, columns, colourOf) {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let at = 0; at < rows * columns; at++) image.data.set([...colourOf(at), 255], 4 * at);
  context.putImageData(image, 0, 0);
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function floats(text) {
  return Array.from(new Float32Array(bytes(text).buffer));
}
