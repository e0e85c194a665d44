/**
 * How far an image lies from the training images, and when it is too far: the same as
 * `imgcls.inference.rejection.unfamiliar` and `imgcls.inference.explain.neighbours`.
 */

import { unpacked } from "imgcls/bytes.js";
import { content } from "imgcls/content.js";

let training;

/** Why an image with these features is too unlike the training images, as a sentence; empty if it is not. */
export async function tooFar(features) {
  const known = content.familiarity;
  if (!known || !features) return "";
  const percentile = await percentileOf(features);
  if (percentile < known.farthest) return "";
  const percent = (Math.floor(percentile * 10 + 1e-6) / 10).toFixed(1);
  return `It is farther from the training images than ${percent}% of the test images.`;
}

/** The percentage of the test images that are nearer; below 99 only roughly: at most that. */
export async function percentileOf(features) {
  const { count, tail } = content.familiarity;
  const distance = await distanceOf(features);
  const nearer = tail.filter((other) => other < distance).length;
  return (100 * (nearer && count - tail.length + nearer)) / count;
}

/** The distance (0 to 2, between directions) to the training image of the given rank, the nearest being the first. */
export async function distanceOf(features) {
  const { images, values, rank } = content.familiarity;
  training ??= unpacked("training-features").then((bytes) => rows(new Int8Array(bytes.buffer), images, values));
  const length = Math.hypot(...features);
  const cosines = new Float64Array(images);
  (await training).forEach((row, i) => {
    let product = 0;
    for (let k = 0; k < values; k++) product += row.data[k] * features[k];
    cosines[i] = product / (row.length * Math.max(length, 1e-12));
  });
  cosines.sort();
  return Math.sqrt(Math.max(0, 2 - 2 * cosines[images - rank]));
}

function rows(numbers, images, values) {
  return Array.from({ length: images }, (_, i) => {
    const data = numbers.subarray(i * values, (i + 1) * values);
    let squares = 0;
    for (const value of data) squares += value * value;
    return { data, length: Math.max(Math.sqrt(squares), 1e-12) };
  });
}
