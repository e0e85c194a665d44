/** The handwriting on a photographed page: the same as `imgcls.images.text_region`, whose comments give the reasons. */

import { boxBlur, components, gaussianBlur, inverted } from "imgcls/images/filters.js";
import { cropped } from "imgcls/images/ink.js";
import { candidates, sheetMask, straightened } from "imgcls/images/page_rectification.js";
import { boxesOf, GRAIN, meanOfLargest, paperOf, surroundings } from "imgcls/images/photo_ink.js";
import { reduce, resize } from "imgcls/images/resample.js";
import { floats, largest, median, rint, sum } from "imgcls/numbers.js";

const SIDE = 900;
const LARGEST = 1600;
const BLOCK = 6;
const DARKEST = 0.0005;
const NOISE = 5;
const LINE = 0.5;
const PRINTED = 3;
const BESIDE = 1 / 12;
const IN_LINE = 0.05;
const MARGIN = 1.0;
const NEAR = 0.3;
const MOST_GROUPS = 60;
const ALIKE = 0.5;
const NOT_ALONE = "Other handwriting in the image was ignored.";

/** The part of a photo with the handwriting: { part, notes, isLocated }; the whole photo if none stands out. */
export function cropHandwriting(photo) {
  let image = reduce(photo, Math.max(Math.floor(Math.max(photo.width, photo.height) / LARGEST), 1));
  const notes = [];
  let sheets = candidates(image);
  const sheet = straightened(image, sheets);
  if (sheet) {
    [image, sheets] = [sheet, []];
    notes.push("The sheet of paper was cropped and straightened.");
  }
  const found = boxOfWriting(image, sheets);
  if (!found) return { part: image, notes, isLocated: false };
  if (!found.isAlone) notes.push(NOT_ALONE);
  return { part: cropped(image, found.box), notes, isLocated: true };
}

function boxOfWriting(photo, sheets) {
  const scale = Math.min(1, SIDE / Math.max(photo.width, photo.height));
  const sides = [photo.width, photo.height].map((length) => Math.max(1, rint(length * scale)));
  let image = scale < 1 ? resize(photo, ...sides, "box") : photo;
  if (Math.min(image.width, image.height) < 10 * BLOCK) return null;
  image = gaussianBlur(image, GRAIN);
  const sheet = sheetMask(image, sheets);
  let groups = groupsOn(image, sheet);
  if (!groups.length && sheet) groups = groupsOn(image, null);
  if (!groups.length || groups.length > MOST_GROUPS) return null;
  const [first, ...rest] = groups;
  const length = longer(first);
  const near = rest.filter((other) => gap(first, other) <= NEAR * length);
  const main = bounding([first, ...near]);
  const others = rest.filter((other) => !near.includes(other));
  const margin = Math.ceil(MARGIN * longer(main) + 1);
  const wide = {
    top: main.top - margin,
    bottom: main.bottom + margin,
    left: main.left - margin,
    right: main.right + margin,
  };
  let included = others.filter(
    (other) =>
      wide.top <= other.top && other.bottom <= wide.bottom && wide.left <= other.left && other.right <= wide.right,
  );
  included = [...included, ...others.filter((other) => included.some((one) => gap(one, other) <= NEAR * longer(one)))];
  const inner = bounding([main, ...included]);
  const isAlone = !others.some((other) => longer(other) > ALIKE * length && !included.includes(other));
  const [top, bottom, left, right] = [
    Math.min(wide.top, inner.top - 1),
    Math.max(wide.bottom, inner.bottom + 1),
    Math.min(wide.left, inner.left - 1),
    Math.max(wide.right, inner.right + 1),
  ].map((edge) => rint((edge * BLOCK) / scale));
  const box = [Math.max(top, 0), Math.min(bottom, photo.height), Math.max(left, 0), Math.min(right, photo.width)];
  return { box, isAlone };
}

function longer({ top, bottom, left, right }) {
  return Math.max(bottom - top, right - left);
}

/** The distance between two boxes in blocks, vertical or horizontal. */
function gap(one, other) {
  return Math.max(other.top - one.bottom, one.top - other.bottom, other.left - one.right, one.left - other.right);
}

function bounding(boxes) {
  return {
    top: Math.min(...boxes.map((box) => box.top)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
    left: Math.min(...boxes.map((box) => box.left)),
    right: Math.max(...boxes.map((box) => box.right)),
  };
}

/** The boxes of the groups of marks, in blocks; only those on the sheet if there is one. */
function groupsOn(photo, sheet) {
  let image = sheet ? withoutTable(photo, sheet) : photo;
  const around = surroundings(image).data;
  if (sum(floats(image.data, (value, i) => (value - around[i]) ** 3)) > 0) image = inverted(image);
  const paper = paperOf(image).data;
  const onSheet = sheet ?? new Uint8Array(image.data.length).fill(1);
  const rest = floats(image.data, (value, i) => Math.max(paper[i] - value, 0) * onSheet[i]);
  return groups(inBlocks(marks(rest), onSheet, image.width, image.height));
}

/** The image with everything outside the sheet replaced by the brightness of the sheet nearby. */
function withoutTable(image, sheet) {
  const radius = Math.floor(Math.max(image.width, image.height) / 8);
  const light = boxBlur({ ...image, data: image.data.map((value, i) => (sheet[i] ? value : 0)) }, radius).data;
  const fraction = boxBlur({ ...image, data: sheet.map((value) => 255 * value) }, radius).data;
  const usual = median(image.data.filter((_, i) => sheet[i]));
  const data = image.data.map((value, i) => {
    if (sheet[i]) return value;
    const share = fraction[i] / 255;
    return Math.min(share > 0.1 ? light[i] / share : usual, 255);
  });
  return { ...image, data };
}

/** How much darker than the paper the ink is; 0 without ink. */
function marks(rest) {
  const noise = 1.4826 * median(rest);
  const darkest = meanOfLargest(rest, Math.max(8, Math.floor(DARKEST * rest.length)));
  const threshold = Math.max(NOISE * noise, darkest / 2);
  return rest.map((value) => (value > threshold ? value : 0));
}

/** For each block the amount of ink, and whether it is paper alone; the last ones are filled with the border. */
function inBlocks(values, sheet, width, height) {
  const blocks = { width: Math.ceil(width / BLOCK), height: Math.ceil(height / BLOCK) };
  const amount = new Float64Array(blocks.width * blocks.height);
  const isPaper = new Uint8Array(amount.length).fill(1);
  for (let y = 0; y < blocks.height * BLOCK; y++) {
    for (let x = 0; x < blocks.width * BLOCK; x++) {
      const from = Math.min(y, height - 1) * width + Math.min(x, width - 1);
      const at = Math.floor(y / BLOCK) * blocks.width + Math.floor(x / BLOCK);
      amount[at] += values[from];
      isPaper[at] &= sheet[from];
    }
  }
  return { ...blocks, amount, isPaper };
}

/** The boxes of possible handwriting, the one with most ink first. */
function groups({ width, height, amount, isPaper }) {
  const { part, count } = components({ width, height, data: Uint8Array.from(amount, (value) => value > 0) });
  const all = boxesOf(part, count, width).map((box) => ({ ...box, ink: 0, blocks: 0, isOnPaper: true }));
  part.forEach((number, i) => {
    if (!number) return;
    const group = all[number - 1];
    group.ink += amount[i];
    group.blocks++;
    group.isOnPaper &&= Boolean(isPaper[i]);
  });
  const inside = all.filter(
    ({ top, bottom, left, right, isOnPaper }) => top && left && bottom < height && right < width && isOnPaper,
  );
  const isLine = (group) => {
    const isLong = group.bottom - group.top > LINE * height || group.right - group.left > LINE * width;
    return isLong && group.blocks < 2.5 * longer(group);
  };
  const found = inside.filter((group) => !isLine(group));
  found.push(...longStrokes(inside.filter(isLine), found));
  found.sort((first, second) => second.ink - first.ink);
  return found.filter((group) => group.ink > found[0].ink / 20);
}

/** Those of the long thin marks that are handwriting: all, or none if they are printed lines. */
function longStrokes(lines, others) {
  if (!lines.length || lines.length >= PRINTED) return [];
  const main = lines.find((line) => line.ink === largest(lines.map(({ ink }) => ink)));
  const near = IN_LINE * longer(main);
  return others.some((other) => other.ink > BESIDE * main.ink && gap(main, other) > near) ? [] : lines;
}
