/** The ink of a photo on paper: the same as in `imgcls.images.ink`, whose comments give the reasons. */

import { components, gaussianBlur, inverted, maximum, medianFilter, minimum, otsu } from "imgcls/images/filters.js";
import { reduce, resize } from "imgcls/images/resample.js";
import { floats, largest, mean, median, rint, sum } from "imgcls/numbers.js";

export const BLANK_BELOW = 24;
export const MOST_CROSSINGS = 8;
export const GRAIN = 0.5;
const WRITING_SIDE = 48;
const FAINT = 0.32;
const FAINTEST = 20;
const MOST_PARTS = 60;
const PHOTO_SIDE = 800;

/** The ink of a photo and whether it was darker than its paper: { ink, isDark }; ink is null without any. */
export function separatePhoto(image, isLocated) {
  const found = separated(image, GRAIN, FAINTEST);
  return found.ink || !isLocated ? found : separated(image, 3 * GRAIN, FAINTEST / 2);
}

function separated(photo, blur, faintest) {
  let image = reduce(photo, Math.ceil(Math.max(photo.width, photo.height) / PHOTO_SIDE));
  if (Math.min(image.width, image.height) >= 3 * WRITING_SIDE) image = gaussianBlur(image, blur);
  const around = surroundings(image).data;
  const isDark = sum(floats(image.data, (value, i) => (value - around[i]) ** 3)) < 0;
  if (!isDark) image = inverted(image);
  const paper = paperOf(image).data;
  const signed = floats(image.data, (value, i) => paper[i] - value);
  const noise = 1.5 * median(signed.map(Math.abs));
  const rest = signed.map((value) => Math.max(value, 0));
  const threshold = Math.max(otsu(rest), FAINT * darkest(rest), faintest < FAINTEST ? 5 * noise : 0);
  const above = rest.filter((value) => value > threshold);
  const full = above.length ? mean(above) : 0;
  if (!above.length || full < Math.max(faintest, 6 * noise)) return { ink: null, isDark: false };
  const low = Math.max(2 * threshold - full, full / 4);
  const data = Uint8Array.from(rest, (value) => Math.min(Math.max((value - low) / (full - low), 0), 1) * 255);
  return { ink: withoutSpecks({ width: image.width, height: image.height, data }), isDark };
}

/** The contrast of what is certainly ink. */
function darkest(rest) {
  return meanOfLargest(rest, Math.max(8, Math.floor(rest.length / 300)));
}

/** The mean of the largest values. */
export function meanOfLargest(values, count) {
  return mean(new Float64Array(values).sort().slice(-count));
}

/** Whether ink is the pattern of the paper: lines that cross its border, or many dots. */
export function isPattern(ink) {
  const mask = { ...ink, data: ink.data.map((value) => value > 127) };
  return crossingsOf(mask).changes >> 1 > MOST_CROSSINGS || components(mask).count > MOST_PARTS;
}

/** How often the outermost pixels of a mask change, once around, and which fraction of them is set. */
export function crossingsOf({ width, height, data }) {
  const edge = [];
  for (let x = 0; x < width; x++) edge.push(data[x]);
  for (let y = 1; y < height; y++) edge.push(data[y * width + width - 1]);
  for (let x = width - 2; x >= 0; x--) edge.push(data[(height - 1) * width + x]);
  for (let y = height - 2; y > 0; y--) edge.push(data[y * width]);
  const changes = edge.filter((value, i) => value !== edge.at(i - 1)).length;
  return { changes, fraction: mean(edge) };
}

/** The outermost pixels; corners count twice. */
export function borderOf({ width, height, data }) {
  const rim = [...data.subarray(0, width), ...data.subarray((height - 1) * width)];
  for (let y = 0; y < height; y++) rim.push(data[y * width], data[(y + 1) * width - 1]);
  return rim;
}

/** Whether a photo contains a stroke that is darker than its paper, even if only by a few levels. */
export function hasFaintMarks(photo) {
  let image = reduce(photo, Math.ceil(Math.max(photo.width, photo.height) / (PHOTO_SIDE / 2)));
  image = gaussianBlur(image, 2 * GRAIN);
  const paper = paperOf(image).data;
  let rest = floats(image.data, (value, i) => paper[i] - value);
  const centre = median(rest);
  rest = rest.map((value) => value - centre);
  const threshold = Math.max(FAINTEST / 6, 5 * 1.4826 * median(rest.map(Math.abs)));
  const { width, height } = image;
  const { part, count } = components({ width, height, data: Uint8Array.from(rest, (value) => value > threshold) });
  const outer = new Set(borderOf({ width, height, data: part }));
  const boxes = boxesOf(part, count, width);
  const least = 0.08 * Math.max(width, height);
  return boxes.some(
    ({ top, bottom, left, right }, i) => !outer.has(i + 1) && Math.max(bottom - top, right - left) - 1 > least,
  );
}

/** The box of each part, in the order of their numbers; bottom and right are outside it. */
export function boxesOf(part, count, width) {
  const boxes = Array.from({ length: count }, () => ({
    top: Number.POSITIVE_INFINITY,
    bottom: 0,
    left: Number.POSITIVE_INFINITY,
    right: 0,
  }));
  part.forEach((number, i) => {
    if (!number) return;
    const [x, y, box] = [i % width, Math.floor(i / width), boxes[number - 1]];
    [box.top, box.bottom] = [Math.min(box.top, y), Math.max(box.bottom, y + 1)];
    [box.left, box.right] = [Math.min(box.left, x), Math.max(box.right, x + 1)];
  });
  return boxes;
}

/** The brightness of the paper under dark ink: a closing fills what is narrower than a third. */
export function paperOf(image) {
  let copy = small(image, 2 * WRITING_SIDE);
  const reach = Math.floor(Math.max(copy.width, copy.height) / 6);
  for (const filter of [maximum, minimum]) for (let i = 0; i < reach; i++) copy = filter(copy, 3);
  return resize(copy, image.width, image.height, "bilinear");
}

/** The median of half of the image around every pixel. */
export function surroundings(image) {
  const copy = small(image, WRITING_SIDE);
  const size = (Math.max(copy.width, copy.height) >> 1) | 1;
  return resize(medianFilter(copy, size), image.width, image.height, "bilinear");
}

function small(image, longest) {
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const sides = [image.width, image.height].map((length) => Math.max(1, rint(length * scale)));
  return resize(image, ...sides, "box");
}

/** Ink without parts that are much smaller than the largest one, and without those that reach in from the border. */
function withoutSpecks(ink) {
  const block = Math.ceil(Math.max(ink.width, ink.height) / (2 * WRITING_SIDE));
  const width = Math.ceil(ink.width / block);
  const height = Math.ceil(ink.height / block);
  const most = new Uint8Array(width * height);
  const sums = new Float64Array(width * height);
  const blockOf = (i) => Math.floor(i / ink.width / block) * width + Math.floor((i % ink.width) / block);
  ink.data.forEach((value, i) => {
    const at = blockOf(i);
    most[at] = Math.max(most[at], value);
    sums[at] += value;
  });
  const { part, count } = components({ width, height, data: most.map((value) => value > 127) });
  const amount = new Float64Array(count + 1);
  part.forEach((number, i) => {
    if (number) amount[number] += sums[i];
  });
  const touching = new Set(borderOf({ width, height, data: part }));
  const inside = largest(amount.filter((_, number) => !touching.has(number)));
  amount.forEach((value, number) => {
    if (touching.has(number) && value < 8 * inside) amount[number] = 0;
  });
  const least = largest(amount);
  const keep = maximum({ width, height, data: Uint8Array.from(part, (n) => n > 0 && amount[n] * 12 >= least) }, 3).data;
  return { ...ink, data: ink.data.map((value, i) => (keep[blockOf(i)] ? value : 0)) };
}
