/**
 * Whether handwriting is something other than a digit: the same as `imgcls.inference.rejection.non_digits`, whose
 * comments give the reasons.
 */

import { unpacked } from "imgcls/bytes.js";
import { content } from "imgcls/content.js";
import { extentOf, placeInk } from "imgcls/images/ink.js";
import { alongOf, lengthOf, modulo, pointAt, resampled, turned } from "imgcls/rejection/pen_path.js";
import { sum } from "imgcls/numbers.js";

const SIDE = 28;
const CELLS = 7;
const DIRECTIONS = 8;
const CLEARLY_A_DIGIT = -4.0;
const PLACES = 24;
const TAP = 0.03;
const MOST_STROKES = 4;

let weights;

/** Whether model input is no digit; `strokes` are those of a drawing, or undefined. */
export async function isNonDigit(pixels, strokes) {
  weights ??= unpacked("non-digits").then(arrays);
  const known = await weights;
  const values = imageFeatures(asDigit(pixels));
  const byImage = score(known, "image", values);
  if (!strokes || byImage > content.nonDigits.image) return byImage > content.nonDigits.image;
  const byPen = score(known, "pen", [...values, ...penFeatures(strokes)]);
  return byPen > content.nonDigits.pen && byImage > CLEARLY_A_DIGIT;
}

function asDigit(pixels) {
  const [height, width, channels] = content.shape;
  if (height === SIDE && width === SIDE && channels === 1) return pixels;
  const data = new Uint8Array(height * width);
  pixels.forEach((value, i) => {
    data[Math.floor(i / channels)] = Math.max(data[Math.floor(i / channels)], value);
  });
  return placeInk({ width, height, data }, [SIDE, SIDE, 1]);
}

/** The arrays of the network by name, from half-precision numbers one after the other. */
function arrays(bytes) {
  const numbers = Float32Array.from(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2), fromHalf);
  let start = 0;
  return Object.fromEntries(
    content.nonDigits.arrays.map(([name, size]) => {
      start += size;
      return [name, numbers.subarray(start - size, start)];
    }),
  );
}

/** A half-precision number from its bits. */
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}

/** The log-odds that it is no digit. */
function score(known, kind, values) {
  const scores = Array.from({ length: content.nonDigits.members[kind] }, (_, member) => {
    const layer = (name, from) =>
      dense(from, known[`${member}/${kind}/${name}`], known[`${member}/${kind}/${name}_bias`]);
    const logits = layer(
      "output",
      layer("hidden", values).map((value) => Math.max(value, 0)),
    );
    const digits = logits.slice(0, -1);
    const peak = Math.max(...digits);
    return logits.at(-1) - peak - Math.log(sum(digits.map((value) => Math.exp(value - peak))));
  });
  return sum(scores) / scores.length;
}

function dense(values, kernel, bias) {
  return Array.from(bias, (start, unit) => {
    let total = start;
    for (let i = 0; i < values.length; i++) total += values[i] * kernel[i * bias.length + unit];
    return total;
  });
}

/** Histograms of edge directions, and brightness, in 7×7 cells. */
export function imageFeatures(pixels) {
  const at = (x, y) => (x >= 0 && y >= 0 && x < SIDE && y < SIDE ? pixels[y * SIDE + x] / 255 : 0);
  const maps = Array.from({ length: DIRECTIONS }, () => new Float64Array(SIDE * SIDE));
  const brightness = new Float64Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [across, down] = [at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1)];
      const direction = modulo(Math.atan2(down, across) * (DIRECTIONS / (2 * Math.PI)), DIRECTIONS);
      maps.forEach((map, number) => {
        const off = Math.abs(modulo(direction - number + DIRECTIONS / 2, DIRECTIONS) - DIRECTIONS / 2);
        map[y * SIDE + x] = Math.hypot(across, down) * Math.max(1 - off, 0);
      });
      brightness[y * SIDE + x] = at(x, y);
    }
  }
  const edges = maps.flatMap(pooled).map(Math.sqrt);
  const norm = Math.max(Math.hypot(...edges), 1e-6);
  return [...edges.map((value) => (value / norm) * 10), ...pooled(brightness).map((value) => value / 4)];
}

/** The sum in each cell; cells are overlapping triangles. */
function pooled(map) {
  const step = SIDE / CELLS;
  const weight = (cell, place) => Math.max(1 - Math.abs(place + 0.5 - (cell + 0.5) * step) / step, 0);
  const found = [];
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++) {
      let total = 0;
      for (let y = 0; y < SIDE; y++) {
        if (!weight(row, y)) continue;
        for (let x = 0; x < SIDE; x++) total += weight(row, y) * weight(column, x) * map[y * SIDE + x];
      }
      found.push(total);
    }
  }
  return found;
}

/** The path of the pen, whatever its size and place. */
export function penFeatures(strokes) {
  const points = strokes.flat();
  const extent = extentOf(points);
  const low = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const longer = Math.max(...extent, 1e-6);
  const lines = strokes.map((stroke) =>
    stroke.map((point) => [0, 1].map((axis) => (point[axis] - low[axis] - extent[axis] / 2) / longer)),
  );
  let real = lines.filter((line) => lengthOf(line) >= TAP);
  if (!real.length) real = [lines.reduce((best, line) => (lengthOf(line) > lengthOf(best) ? line : best))];
  const lengths = real.map(lengthOf);
  const total = Math.max(sum(lengths), 1e-6);
  const ends = lengths.map((_, i) => sum(lengths.slice(0, i + 1)));
  const places = [];
  const ways = [];
  const numbers = [];
  for (let mark = 0; mark < PLACES; mark++) {
    const at = ((mark + 0.5) / PLACES) * total;
    const after = ends.findIndex((end) => end >= at);
    const index = after < 0 ? real.length - 1 : after;
    const line = real[index];
    numbers.push(index / MOST_STROKES);
    if (line.length < 2) {
      places.push(...line[0]);
      ways.push(0, 0);
      continue;
    }
    const along = alongOf(line);
    const where = at - (ends[index] - lengths[index]);
    places.push(...pointAt(line, along, where));
    const [from, to] = [-total / 48, total / 48].map((step) => pointAt(line, along, where + step));
    const way = [to[0] - from[0], to[1] - from[1]];
    const norm = Math.max(Math.hypot(...way), 1e-6);
    ways.push(way[0] / norm / 2, way[1] / norm / 2);
  }
  return [...places, ...ways, ...numbers, ...facts(real, lines, total, extent, longer)];
}

function facts(real, lines, total, extent, longer) {
  const count = Array.from({ length: MOST_STROKES }, (_, i) => Number(i === Math.min(real.length, MOST_STROKES) - 1));
  const turns = real.flatMap((line) => turned(resampled(line, 1 / 24)));
  const [first, last] = [real[0][0], real.at(-1).at(-1)];
  return [
    ...count,
    total / 4,
    sum(turns.map(Math.abs)) / 12,
    sum(turns) / 6,
    extent[0] / longer,
    extent[1] / longer,
    Math.hypot(last[0] - first[0], last[1] - first[1]),
    Math.min(lines.length - real.length, 4) / 4,
    Math.min(lines.length, 10) / 10,
  ];
}
