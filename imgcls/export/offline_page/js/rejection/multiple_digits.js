/**
 * Whether a drawing or an image holds several digits, or is a scribble or a dot: the same as
 * `imgcls.inference.rejection.multiple_digits`, whose comments give the reasons.
 *
 * `read` gives the probabilities of one drawing or one piece of ink.
 */

import { content } from "imgcls/content.js";
import { components } from "imgcls/images/filters.js";
import { boxOf, extentOf, inkBox } from "imgcls/images/ink.js";
import { lengthOf, resampled, turned } from "imgcls/rejection/pen_path.js";
import { mean, sum } from "imgcls/numbers.js";

const GAP = 0.1;
const SMALL = 0.3;
const SMALL_INK = 0.6;
const SPECK = 0.25;
const OVERLAPS = [0.4, 0.1]; // beside each other, above each other
const ROOM = 0.1;
const INK = 48;
const CERTAIN = 0.85;
const MOST_UNITS = 6;
const MOST_PARTS = 40;
const HALVES = { 1: ["11"], 4: ["11", "61"], 6: ["10", "16", "61"], 8: ["00"], 9: ["01"] };
const FAR = 6.5;
const TURNS = 6.0;
const STEP = 1 / 24;

/** Whether the pen path is longer, or turns more often, than that of any digit. */
export function isScribble(strokes) {
  const extent = extentOf(strokes.flat());
  const step = Math.max(Math.max(...extent) * STEP, 1);
  const length = sum(strokes.map(lengthOf)) / Math.max(Math.hypot(...extent), 1);
  const turns = sum(strokes.flatMap((stroke) => turned(resampled(stroke, step)).map(Math.abs))) / (2 * Math.PI);
  return length > FAR || turns > TURNS;
}

/** Whether the pen stayed within its own width. */
export function isDot(strokes) {
  const points = strokes.flat();
  return Math.max(...extentOf(points)) < Math.max(...points.map((point) => point[2]));
}

/** The digits of a drawing that contains several, from left to right or downwards; otherwise an empty list. */
export async function digitsIn(strokes, read) {
  if (strokes.length < 2) return [];
  const pieces = strokes.map((stroke) => [stroke]);
  const rules = {
    least: SMALL,
    box: boxOf,
    join: (some) => some.flat(),
    read: async (piece) => (isDot(piece) ? content.classes.map(() => 0) : read(piece)),
  };
  const found = await split(pieces, rules);
  return found.length ? found : split(partsOf(strokes), rules);
}

/** The parts of a drawing from left to right: strokes that are near each other belong together. */
function partsOf(strokes) {
  const [, top, , bottom] = boxOf(strokes);
  const gap = GAP * (bottom - top);
  const paths = strokes.map((stroke) => resampled(stroke, 3));
  const pen = strokes.map((stroke) => mean(stroke.map((point) => point[2])));
  let group = strokes.map((_, i) => i);
  for (let i = 0; i < strokes.length; i++) {
    for (let j = 0; j < i; j++) {
      if (group[i] === group[j] || between(paths[i], paths[j]) - (pen[i] + pen[j]) / 2 >= gap) continue;
      const [old, name] = [group[i], group[j]];
      group = group.map((member) => (member === old ? name : member));
    }
  }
  const parts = [...new Set(group)].sort((a, b) => a - b).map((name) => strokes.filter((_, i) => group[i] === name));
  return parts.sort((one, other) => boxOf(one)[0] - boxOf(other)[0]);
}

function between(one, other) {
  let least = Number.POSITIVE_INFINITY;
  for (const [x, y] of one) for (const [u, v] of other) least = Math.min(least, Math.hypot(x - u, y - v));
  return least;
}

/** The same for an image of handwriting, light on black, whose parts are its connected components. */
export async function digitsInImage(grey, read) {
  const { part, count } = components({ ...grey, data: grey.data.map((value) => value > INK) });
  if (count < 2 || count > MOST_PARTS) return [];
  const pieces = Array.from({ length: count }, (_, i) => ({
    ...grey,
    data: grey.data.map((value, at) => (part[at] === i + 1 ? value : 0)),
  }));
  const box = (piece) => {
    const [top, bottom, left, right] = inkBox(piece);
    return [left, top, right, bottom];
  };
  const heightOf = (piece) => box(piece)[3] - box(piece)[1];
  const tallest = Math.max(...pieces.map(heightOf));
  if (pieces.filter((piece) => heightOf(piece) >= SMALL_INK * tallest).length < 2) return [];
  const large = pieces.filter((piece) => heightOf(piece) >= SPECK * tallest);
  large.sort((one, other) => box(one)[0] - box(other)[0]);
  const join = (some) => ({ ...grey, data: grey.data.map((_, at) => Math.max(...some.map(({ data }) => data[at]))) });
  return split(large, { least: SMALL_INK, box, join, read });
}

/** The digits into which these units can be split, each of them a run of neighbouring units; empty if it is one. */
async function split(units, { least, box, join, read }) {
  if (units.length < 2 || units.length > MOST_UNITS) return [];
  const readings = {};
  for (let start = 0; start < units.length; start++) {
    for (let stop = start + 1; stop <= units.length; stop++) {
      const piece = join(units.slice(start, stop));
      const found = [...(await read(piece))];
      const probability = Math.max(...found);
      const digit = content.classes[found.indexOf(probability)];
      readings[`${start}-${stop}`] = { start, stop, digit, probability, box: box(piece) };
    }
  }
  let best = { count: 0 };
  for (const cut of cuts(units.length, readings)) {
    const order = ordered(cut, readings, least);
    const probability = mean(cut.map((reading) => reading.probability));
    if (!order || cut.length < best.count || (cut.length === best.count && probability <= best.probability)) continue;
    best = { count: cut.length, probability, order };
  }
  return best.order?.map((reading) => reading.digit) ?? [];
}

/** Each way to cut the units from `start` on into runs that are all read with confidence. */
function cuts(count, readings, start = 0) {
  if (start === count) return [[]];
  const found = [];
  for (let stop = start + 1; stop <= count; stop++) {
    const reading = readings[`${start}-${stop}`];
    if (reading.probability < CERTAIN) continue;
    for (const rest of cuts(count, readings, stop)) found.push([reading, ...rest]);
  }
  return found;
}

/** The runs from left to right, or downwards, if they are digits in such a row; otherwise null. */
function ordered(cut, readings, least) {
  if (cut.length < 2) return null;
  for (const axis of [0, 1]) {
    const order = [...cut].sort((a, b) => a.box[axis] + a.box[axis + 2] - b.box[axis] - b.box[axis + 2]);
    if (order.every((reading, i) => !i || areTwo(order[i - 1], reading, readings, least, axis))) return order;
  }
  return null;
}

/** Whether these neighbours along an axis are two digits, and not the halves of one. */
function areTwo(one, other, readings, least, axis) {
  const boxes = [one.box, other.box];
  const height = Math.min(...boxes.map((box) => box[3] - box[1]));
  const longest = Math.max(...boxes.flatMap((box) => [box[2] - box[0], box[3] - box[1]]));
  const over = one.box[axis + 2] - other.box[axis];
  const narrower = Math.min(...boxes.map((box) => box[axis + 2] - box[axis]));
  if (height < least * longest || over > OVERLAPS[axis] * narrower) return false;
  const together = readings[`${Math.min(one.start, other.start)}-${Math.max(one.stop, other.stop)}`];
  const isOne = HALVES[together?.digit]?.includes(one.digit + other.digit);
  return !isOne || -over >= ROOM * longest;
}
