/** Filters of grey images as Pillow computes them: Gaussian and box blur, median, minimum, maximum; and parts of masks. */

import { sum } from "imgcls/numbers.js";

/** Pillow's Gaussian blur: three box blurs. */
export function gaussianBlur(image, radius) {
  return blurred(image, boxRadius(radius, 3), 3);
}

/** The mean of a square around each pixel. */
export function boxBlur(image, radius) {
  return blurred(image, radius, 1);
}

/** The radius of several box blurs that have the variance of one Gaussian blur. */
function boxRadius(radius, passes) {
  const variance = (radius * radius) / passes;
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const rest = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  return whole + rest / (6 * (variance - (whole + 1) ** 2));
}

function blurred(image, radius, passes) {
  let { data } = image;
  for (let pass = 0; pass < passes; pass++) data = alongLines(data, image.width, image.height, 1, image.width, radius);
  for (let pass = 0; pass < passes; pass++) data = alongLines(data, image.height, image.width, image.width, 1, radius);
  return { ...image, data };
}

/** The mean along lines of `length` pixels, `step` apart; beyond an end, its pixel is repeated. */
function alongLines(data, length, lines, step, nextLine, radius) {
  const out = new Uint8Array(data.length);
  const whole = Math.trunc(radius);
  const weight = Math.trunc(2 ** 24 / (radius * 2 + 1));
  const outer = Math.trunc((2 ** 24 - (whole * 2 + 1) * weight) / 2);
  for (let line = 0; line < lines; line++) {
    const start = line * nextLine;
    const at = (place) => data[start + Math.min(Math.max(place, 0), length - 1) * step];
    let inner = 0;
    for (let place = -whole - 1; place < whole; place++) inner += at(place);
    for (let place = 0; place < length; place++) {
      inner += at(place + whole) - at(place - whole - 1);
      const total = inner * weight + (at(place - whole - 1) + at(place + whole + 1)) * outer;
      out[start + place * step] = Math.floor((total + 2 ** 23) / 2 ** 24);
    }
  }
  return out;
}

/** The largest value of a square of `size` x `size` pixels. */
export function maximum(image, size) {
  return extreme(image, size, Math.max);
}

/** The smallest value of a square of `size` x `size` pixels. */
export function minimum(image, size) {
  return extreme(image, size, Math.min);
}

function extreme({ width, height, data }, size, choose) {
  const reach = size >> 1;
  const wide = new Uint8Array(data.length);
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = data[y * width + x];
      for (let i = Math.max(x - reach, 0); i <= Math.min(x + reach, width - 1); i++) {
        value = choose(value, data[y * width + i]);
      }
      wide[y * width + x] = value;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = wide[y * width + x];
      for (let i = Math.max(y - reach, 0); i <= Math.min(y + reach, height - 1); i++) {
        value = choose(value, wide[i * width + x]);
      }
      out[y * width + x] = value;
    }
  }
  return { width, height, data: out };
}

/** The median of a square of `size` x `size` pixels; beyond an edge, its pixels are repeated. */
export function medianFilter({ width, height, data }, size) {
  const reach = size >> 1;
  const out = new Uint8Array(data.length);
  const counts = new Uint16Array(256);
  const half = (size * size - 1) / 2;
  const clamp = (value, length) => Math.min(Math.max(value, 0), length - 1);
  for (let y = 0; y < height; y++) {
    counts.fill(0);
    const change = (x, by) => {
      for (let i = -reach; i <= reach; i++) counts[data[clamp(y + i, height) * width + clamp(x, width)]] += by;
    };
    for (let x = -reach - 1; x < reach; x++) change(x, 1);
    for (let x = 0; x < width; x++) {
      change(x + reach, 1);
      change(x - reach - 1, -1);
      let value = 0;
      for (let below = counts[0]; below <= half; below += counts[value]) value++;
      out[y * width + x] = value;
    }
  }
  return { width, height, data: out };
}

/** 255 minus the brightness. */
export function inverted(image) {
  return { ...image, data: image.data.map((value) => 255 - value) };
}

/** Otsu's threshold of values in 0..255: it maximises the variance between the two groups. */
export function otsu(values) {
  const counts = new Float64Array(256);
  for (const value of values) counts[Math.trunc(value)]++;
  const all = sum(counts);
  const total = counts.reduce((so, count, value) => so + count * value, 0);
  let [below, amount, best, place] = [0, 0, -1, -1];
  counts.forEach((count, value) => {
    below += count;
    amount += count * value;
    const above = all - below;
    const between = below * above * (amount / below - (total - amount) / above) ** 2;
    if (between > best) [best, place] = [between, value];
  });
  return place + 1;
}

/** The connected parts of a mask, corners included: { part, count }, part with numbers from 1, 0 outside the mask. */
export function components({ width, height, data }) {
  const part = new Int32Array(data.length);
  let count = 0;
  const waiting = [];
  for (let start = 0; start < data.length; start++) {
    if (!data[start] || part[start]) continue;
    part[start] = ++count;
    waiting.push(start);
    while (waiting.length) {
      const at = waiting.pop();
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row++) {
        for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++) {
          const next = row * width + column;
          if (data[next] && !part[next]) {
            part[next] = count;
            waiting.push(next);
          }
        }
      }
    }
  }
  return { part, count };
}

/** How many pixels each part has, by its number; 0 for what is outside. */
export function sizesOf({ part, count }) {
  const sizes = new Float64Array(count + 1);
  for (const number of part) if (number) sizes[number]++;
  return sizes;
}

/** The distance of each pixel of a mask to the nearest one outside it (P. Felzenszwalb and D. Huttenlocher, 2012). */
export function distances({ width, height, data }) {
  const squares = Float64Array.from(data, (value) => (value ? Number.POSITIVE_INFINITY : 0));
  for (let x = 0; x < width; x++) nearest(squares, x, height, width);
  for (let y = 0; y < height; y++) nearest(squares, y * width, width, 1);
  return squares.map(Math.sqrt);
}

function nearest(squares, start, length, step) {
  const at = (place) => squares[start + place * step];
  const values = Array.from({ length }, (_, place) => at(place));
  const places = [];
  const from = [];
  values.forEach((value, place) => {
    if (value === Number.POSITIVE_INFINITY) return;
    let begin = Number.NEGATIVE_INFINITY;
    while (places.length) {
      const last = places.at(-1);
      begin = (value + place * place - values[last] - last * last) / (2 * (place - last));
      if (begin > from.at(-1)) break;
      places.pop();
      from.pop();
      begin = Number.NEGATIVE_INFINITY;
    }
    places.push(place);
    from.push(begin);
  });
  if (!places.length) return;
  let number = 0;
  for (let place = 0; place < length; place++) {
    while (number + 1 < places.length && from[number + 1] < place) number++;
    squares[start + place * step] = (place - places[number]) ** 2 + values[places[number]];
  }
}
