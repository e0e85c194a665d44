/** Handwriting cropped to its ink: the same as `imgcls.images.tight_crop`, whose comments give the reasons. */

import { components, distances, inverted, otsu, sizesOf } from "imgcls/images/filters.js";
import { borderOf, BLANK_BELOW, crossingsOf, MOST_CROSSINGS } from "imgcls/images/photo_ink.js";
import { resize } from "imgcls/images/resample.js";
import { largest, mean, median, percentile, rint, sum } from "imgcls/numbers.js";

const SIDE = 96;
const SMALLEST = 4;
const TWO_TONES = 0.7;
const REACH = 0.1;
const ONE_PIECE = 0.6;
const WIDEST = 0.45;
const NARROW = 0.4;
const SPECK = 0.01;

/** The ink of an image that is cropped to it, and whether it was dark: { ink, isDark }; ink is null for any other. */
export function separateCrop(image) {
  const none = { ink: null, isDark: false };
  if (Math.max(image.width, image.height) < SMALLEST) return none;
  const scale = SIDE / Math.max(image.width, image.height);
  const sides = [image.width, image.height].map((length) => Math.max(1, rint(length * scale)));
  const copy = resize(image, ...sides, scale < 1 ? "box" : "bilinear");
  const threshold = otsu(copy.data);
  const light = { ...copy, data: copy.data.map((value) => value >= threshold) };
  const dark = { ...copy, data: light.data.map((value) => 1 - value) };
  const share = mean(light.data);
  if (share === 0 || share === 1) return none;
  const [lights, darks] = [light, dark].map((mask) => mean(copy.data.filter((_, i) => mask.data[i])));
  const contrast = lights - darks;
  if (contrast < BLANK_BELOW || share * (1 - share) * contrast ** 2 < TWO_TONES * variance(copy.data)) return none;
  const isDark = isInk(dark, light);
  if (!isCropped(isDark ? dark : light)) return none;
  return { ink: contrasted(isDark ? inverted(image) : image, isDark ? 255 - threshold : threshold), isDark };
}

function variance(values) {
  const centre = mean(values);
  let total = 0;
  for (const value of values) total += (value - centre) ** 2;
  return total / values.length;
}

function isInk(one, other) {
  const [first, second] = [one, other].map((mask) => largeParts(mask).length);
  return first !== second ? first < second : mean(borderOf(one)) < mean(borderOf(other));
}

function largeParts(mask) {
  return [...sizesOf(components(mask))].slice(1).filter((size) => size >= SPECK * mask.data.length);
}

function isCropped(mask) {
  const { width, height, data } = mask;
  const longer = Math.max(width, height);
  let [top, bottom, left, right] = [height, -1, width, -1];
  data.forEach((value, i) => {
    if (!value) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
  });
  const sizes = largeParts(mask);
  const margin = Math.max(top, left, height - 1 - bottom, width - 1 - right);
  if (margin > REACH * longer || !sizes.length || Math.max(...sizes) < ONE_PIECE * sum(data)) return false;
  if (Math.min(width, height) <= NARROW * longer) return true;
  const { changes, fraction } = crossingsOf(mask);
  return 2 * largest(distances(mask)) <= WIDEST * longer && changes <= 2 * MOST_CROSSINGS && fraction < 0.6;
}

function contrasted(image, threshold) {
  const mask = image.data.map((value) => value >= threshold);
  const reach = Math.max(1.5, Math.max(image.width, image.height) / 40);
  const away = distances({ ...image, data: mask.map((value) => 1 - value) });
  let background = image.data.filter((_, i) => away[i] > reach);
  if (background.length < 9) background = [percentile(image.data, 5)];
  let low = median(background);
  const full = percentile(
    image.data.filter((_, i) => mask[i]),
    90,
  );
  const noise = 1.4826 * median(Array.from(background, (value) => Math.abs(value - low)));
  low += Math.max(0.1 * (full - low), 3 * noise);
  const gain = Math.max(full - low, 1);
  return { ...image, data: image.data.map((value) => Math.min(Math.max((value - low) / gain, 0), 1) * 255) };
}
