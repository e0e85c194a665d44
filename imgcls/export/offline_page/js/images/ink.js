/**
 * Ink as the app prepares it: strokes or ink of any size -> the pixels of a model of handwriting, light on black, placed
 * as in MNIST. The same as `imgcls.images.canvas_strokes` and `imgcls.images.ink`, whose comments give the reasons.
 *
 * A stroke is a list of [x, y, width] on a canvas of SIDE x SIDE. Ink is a grid { width, height, data }, 255 on 0.
 */

import { largest, rint } from "imgcls/numbers.js";
import { grid, paintEllipse, paintLine } from "imgcls/images/raster.js";
import { resize } from "imgcls/images/resample.js";

export const SIDE = 280;
const CANVAS = 160;
const BROADEST = 0.16;
const LARGEST_ZOOM = 10;
const MNIST_FILL = 20 / 28;
const RIM = 1;
const SMALLEST_WITH_RIM = 16;
const THIN = 0.07;
const STROKE_WIDTH = 0.095;

/** A drawing, at least one stroke -> model input, a Uint8Array of `shape` [height, width, channels]. */
export function prepareStrokes(strokes, shape) {
  return placeInk(inkOf(narrowed(strokes)), shape);
}

/** Ink -> model input, a Uint8Array of `shape`. */
export function placeInk(ink, [height, width, channels]) {
  const side = Math.min(height, width);
  const placed = centreInk(thicken(ink), side, side >= SMALLEST_WITH_RIM ? MNIST_FILL : 1);
  const [top, left] = [(height - side) >> 1, (width - side) >> 1];
  const out = new Uint8Array(height * width * channels);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = ((top + y) * width + left + x) * channels;
      out.fill(placed[y * side + x], at, at + channels);
    }
  }
  return out;
}

/** The strokes with a pen that is not too wide for their size. */
export function narrowed(strokes) {
  const [extentX, extentY] = extentOf(strokes.flat());
  const extent = Math.max(extentX, extentY);
  const widest = Math.max(...strokes.flat().map((point) => point[2]));
  if (extent < widest || widest <= BROADEST * extent) return strokes;
  const fraction = (BROADEST * extent) / widest;
  return strokes.map((stroke) => stroke.map(([x, y, width]) => [x, y, width * fraction]));
}

/** Width and height of the path of the pen. */
export function extentOf(points) {
  return [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    return Math.max(...values) - Math.min(...values);
  });
}

/** Left, top, right and bottom of the ink on the canvas. */
export function boxOf(strokes) {
  const points = strokes.flat();
  const clipped = (value) => Math.min(Math.max(value, 0), SIDE);
  return [
    clipped(Math.min(...points.map(([x, , width]) => x - width / 2))),
    clipped(Math.min(...points.map(([, y, width]) => y - width / 2))),
    clipped(Math.max(...points.map(([x, , width]) => x + width / 2))),
    clipped(Math.max(...points.map(([, y, width]) => y + width / 2))),
  ];
}

/** The ink of the pen, cropped to it; its longer side has about CANVAS pixels. */
export function inkOf(strokes) {
  const [left, top, right, bottom] = boxOf(strokes);
  const longer = Math.max(right - left, bottom - top);
  const smallest = SIDE / LARGEST_ZOOM;
  const scale = CANVAS / Math.max(longer, 1.5 * smallest);
  const rim = 1;
  const ink = grid(Math.ceil((right - left) * scale) + 2 * rim, Math.ceil((bottom - top) * scale) + 2 * rim);
  for (const stroke of strokes) {
    paintStroke(
      ink,
      stroke.map(([x, y, width]) => [
        (x - left) * scale + rim,
        (y - top) * scale + rim,
        Math.max(1, rint(width * scale)),
      ]),
    );
  }
  return longer >= smallest ? ink : padded(ink, rint(SIDE * scale));
}

function paintStroke(ink, points) {
  for (let i = 1; i < points.length; i++) {
    paintLine(ink, points[i - 1][0], points[i - 1][1], points[i][0], points[i][1], points[i][2]);
  }
  for (const [x, y, width] of points) {
    const reach = (width - 1) / 2;
    paintEllipse(ink, x - reach, y - reach, x + reach, y + reach);
  }
}

function padded(ink, side) {
  const out = grid(side, side);
  for (let y = 0; y < ink.height; y++) {
    out.data.set(ink.data.subarray(y * ink.width, (y + 1) * ink.width), y * side);
  }
  return out;
}

/** Top, bottom, left and right of the pixels brighter than a tenth of the brightest; null without ink. */
export function inkBox({ width, height, data }) {
  const least = largest(data) / 10;
  if (!least) return null;
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] <= least) continue;
      top = Math.min(top, y);
      bottom = y + 1;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
    }
  }
  return [top, bottom, left, right];
}

/** A part of a grid. */
export function cropped({ width, data }, [top, bottom, left, right]) {
  const out = grid(right - left, bottom - top);
  for (let y = top; y < bottom; y++) {
    out.data.set(data.subarray(y * width + left, y * width + right), (y - top) * out.width);
  }
  return out;
}

/** Strokes of a fine pen as wide as those of MNIST: the grid grows by what they grew. */
export function thicken(ink) {
  const box = inkBox(ink);
  if (!box) return ink;
  const inner = cropped(ink, box);
  const longer = Math.max(inner.width, inner.height);
  const width = strokeWidth(inner, largest(ink.data) / 4);
  if (width >= THIN * longer) return ink;
  const radius = rint((STROKE_WIDTH * longer - width) / 2);
  const grown = grid(ink.width + 2 * radius, ink.height + 2 * radius);
  for (let y = 0; y < ink.height; y++) {
    grown.data.set(ink.data.subarray(y * ink.width, (y + 1) * ink.width), (y + radius) * grown.width + radius);
  }
  for (let step = 0; step < radius; step++) grow(grown, step % 2 === 1);
  return grown;
}

/** Area by half the outline: the width of a long strip. */
function strokeWidth({ width, height, data }, threshold) {
  const isInk = (x, y) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] > threshold;
  let area = 0;
  let edges = 0;
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      const here = isInk(x, y);
      area += here;
      edges += (here !== isInk(x - 1, y)) + (here !== isInk(x, y - 1));
    }
  }
  return (2 * area) / edges;
}

/** One pixel more on all sides: a square (`diagonals`) or a cross, which alternate to an octagon. */
function grow(ink, diagonals) {
  const { width, height, data } = ink;
  const before = data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      data[at] = Math.max(before[at], y ? before[at - width] : 0, y + 1 < height ? before[at + width] : 0);
    }
  }
  const beside = diagonals ? data.slice() : before;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      data[at] = Math.max(data[at], x ? beside[at - 1] : 0, x + 1 < width ? beside[at + 1] : 0);
    }
  }
}

/** Ink scaled to `fill` of the side, its centre of mass at the centre: side x side. */
export function centreInk(ink, side, fill = MNIST_FILL) {
  const out = new Uint8Array(side * side);
  const box = inkBox(ink);
  if (!box) return out;
  const inner = cropped(ink, box);
  const scale = Math.min(
    (side * fill) / Math.max(inner.width, inner.height),
    (LARGEST_ZOOM * side) / Math.max(ink.width, ink.height),
  );
  const [newWidth, newHeight] = [inner.width, inner.height].map((length) =>
    Math.min(side, Math.max(1, rint(length * scale))),
  );
  const small = resize(inner, newWidth, newHeight, scale < 1 ? "box" : "bilinear");
  const gain = Math.fround(255 / Math.max(largest(small.data), 1));
  const values = Float32Array.from(small.data, (value) => value * gain);
  let [rim, centreX, centreY] = [0, newWidth / 2, newHeight / 2];
  if (fill < 1) [rim, centreX, centreY] = [RIM, ...centreOfMass(values, newWidth)];
  const [x, y] = [startOf(side, newWidth, centreX, rim), startOf(side, newHeight, centreY, rim)];
  values.forEach((value, i) => {
    out[(y + Math.floor(i / newWidth)) * side + x + (i % newWidth)] = rint(value);
  });
  return out;
}

function startOf(side, length, centre, most) {
  const rim = Math.min(most, (side - length) >> 1);
  return Math.min(Math.max(rint(side / 2 - centre), rim), side - length - rim);
}

function centreOfMass(values, width) {
  let [mass, acrossX, acrossY] = [0, 0, 0];
  values.forEach((value, i) => {
    mass += value;
    acrossX += value * (i % width);
    acrossY += value * Math.floor(i / width);
  });
  return [acrossX / mass, acrossY / mass];
}
