/**
 * A sheet of paper in a photo, cropped and straightened: the same as `imgcls.images.page_rectification`, whose comments
 * give the reasons.
 */

import { components, maximum, medianFilter, minimum, otsu, sizesOf } from "imgcls/images/filters.js";
import { borderOf } from "imgcls/images/photo_ink.js";
import { resize } from "imgcls/images/resample.js";
import { mean, rint } from "imgcls/numbers.js";

const SIDE = 160;
const LONGEST = 1200;
const [SMALLEST, LARGEST] = [0.2, 0.93];
const FILLED = [0.97, 1.045];
const CONTRAST = 25;
const DARK = 0.5;
const RIM = 2;
const INSET = 0.015;

/** The brightness of a small copy of a photo, and masks of possible sheets in it: [{ values, sheet }]. */
export function candidates(photo) {
  const scale = SIDE / Math.max(photo.width, photo.height);
  if (scale > 0.5) return [];
  const sides = [photo.width, photo.height].map((length) => Math.max(1, rint(length * scale)));
  const values = medianFilter(minimum(maximum(resize(photo, ...sides, "box"), 7), 7), 3);
  const between = otsu(values.data);
  const low = otsu(values.data.filter((value) => value <= between));
  return [(low + between) / 2, between, low]
    .map((threshold) => ({ values, sheet: largestPart(values, threshold) }))
    .filter(({ sheet }) => SMALLEST <= mean(sheet.data) && mean(sheet.data) <= LARGEST);
}

function largestPart(values, threshold) {
  const mask = { ...values, data: values.data.map((value) => value > threshold) };
  const found = components(mask);
  const sizes = sizesOf(found);
  const best = sizes.indexOf(Math.max(...sizes));
  return { ...mask, data: mask.data.map((value, i) => value && found.part[i] === best) };
}

/** The sheet as a rectangle; null if none has its four corners in the photo. */
export function straightened(photo, sheets) {
  let corners = null;
  for (const { values, sheet } of sheets) corners ??= cornersOf(values, sheet);
  if (!corners) return null;
  const enlarged = corners.map((corner) => corner.map((place) => (place * Math.max(photo.width, photo.height)) / SIDE));
  const [top, right, bottom, left] = enlarged.map((corner, i) => distance(corner, enlarged[(i + 1) % 4]));
  const [across, down] = [(top + bottom) / 2, (left + right) / 2];
  const scale = Math.min(1, LONGEST / Math.max(across, down));
  const [width, height] = [across, down].map((length) => Math.max(8, rint(length * scale)));
  const centre = [0, 1].map((axis) => mean(enlarged.map((corner) => corner[axis])));
  const source = enlarged.map((corner) => corner.map((place, axis) => place + (centre[axis] - place) * 2 * INSET));
  const target = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ];
  return warped(photo, width, height, perspective(target, source));
}

function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

/** A mask of the sheet, in pixels of the photo; null if nothing around it is as dark as a table. */
export function sheetMask(photo, sheets) {
  for (const { values, sheet } of sheets) {
    const full = filled(sheet);
    const [on, off] = [1, 0].map((side) => mean(values.data.filter((_, i) => full.data[i] === side)));
    if (mean(full.data) > LARGEST || !(off < DARK * on)) continue;
    const inner = minimum({ ...full, data: full.data.map((value) => 255 * value) }, 5);
    return nearestPixels(inner, photo.width, photo.height).map((value) => value > 127);
  }
  return null;
}

function nearestPixels({ width, height, data }, newWidth, newHeight) {
  const out = new Uint8Array(newWidth * newHeight);
  for (let y = 0; y < newHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / newHeight);
    for (let x = 0; x < newWidth; x++) {
      out[y * newWidth + x] = data[row * width + Math.floor(((x + 0.5) * width) / newWidth)];
    }
  }
  return out;
}

/** A mask with its holes filled: a table reaches the border of the photo, bold writing on the sheet does not. */
function filled(mask) {
  const { part } = components({ ...mask, data: mask.data.map((value) => 1 - value) });
  const outer = new Set(borderOf({ ...mask, data: part }));
  return { ...mask, data: mask.data.map((_, i) => !(part[i] && outer.has(part[i]))) };
}

/** Top left, top right, bottom right and bottom left of a region, if it is shaped like a sheet; else null. */
function cornersOf(values, sheet) {
  const [on, off] = [1, 0].map((side) => mean(values.data.filter((_, i) => sheet.data[i] === side)));
  if (on - off < CONTRAST) return null;
  const places = [];
  sheet.data.forEach((value, i) => {
    if (value) places.push([i % sheet.width, Math.floor(i / sheet.width)]);
  });
  const furthest = (measure) => places.reduce((best, place) => (measure(place) > measure(best) ? place : best));
  // Pixels are squares: the corners of the sheet are their outer corners.
  const found = [
    furthest(([x, y]) => -x - y),
    furthest(([x, y]) => x - y),
    furthest(([x, y]) => x + y),
    furthest(([x, y]) => y - x),
  ].map(([x, y], i) => [x + (i === 1 || i === 2), y + (i === 2 || i === 3)]);
  const inside = found.filter(([x, y]) => x > RIM && y > RIM && x < sheet.width - RIM && y < sheet.height - RIM);
  if (inside.length < 3) return null;
  const size = area(found);
  const share = places.length / size;
  return size > 0 && FILLED[0] <= share && share <= FILLED[1] ? found : null;
}

/** The area of a polygon (Gauss's shoelace formula). */
function area(corners) {
  const parts = corners.map(([x, y], i) => {
    const [nextX, nextY] = corners[(i + 1) % corners.length];
    return x * nextY - y * nextX;
  });
  return Math.abs(parts.reduce((total, value) => total + value, 0)) / 2;
}

/** The eight coefficients that map each pixel of the target to its place in the source. */
function perspective(target, source) {
  const rows = target.flatMap(([x, y], i) => {
    const [u, v] = source[i];
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ];
  });
  for (let column = 0; column < 8; column++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= column && Math.abs(row[column]) > Math.abs(rows[best][column]) ? i : best),
      column,
    );
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (const [i, row] of rows.entries()) {
      if (i === column) continue;
      const factor = row[column] / rows[column][column];
      for (let j = column; j < 9; j++) row[j] -= factor * rows[column][j];
    }
  }
  return rows.map((row, i) => row[8] / row[i]);
}

/** Pillow's perspective transform with bilinear interpolation; black outside the photo. */
function warped({ width, height, data }, newWidth, newHeight, [a, b, c, d, e, f, g, h]) {
  const out = new Uint8Array(newWidth * newHeight);
  const clamp = (value, length) => Math.min(Math.max(value, 0), length - 1);
  for (let row = 0; row < newHeight; row++) {
    for (let column = 0; column < newWidth; column++) {
      const [x, y] = [column + 0.5, row + 0.5];
      const depth = g * x + h * y + 1;
      const [fromX, fromY] = [(a * x + b * y + c) / depth, (d * x + e * y + f) / depth];
      if (fromX < 0 || fromY < 0 || fromX >= width || fromY >= height) continue;
      const [left, top] = [Math.floor(fromX - 0.5), Math.floor(fromY - 0.5)];
      const [shareX, shareY] = [fromX - 0.5 - left, fromY - 0.5 - top];
      const at = (dx, dy) => data[clamp(top + dy, height) * width + clamp(left + dx, width)];
      const upper = at(0, 0) + (at(1, 0) - at(0, 0)) * shareX;
      const lower = top + 1 >= 0 && top + 1 < height ? at(0, 1) + (at(1, 1) - at(0, 1)) * shareX : upper;
      out[row * newWidth + column] = upper + (lower - upper) * shareY;
    }
  }
  return { width: newWidth, height: newHeight, channels: 1, data: out };
}
