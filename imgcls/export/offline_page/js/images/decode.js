/** Files and video frames -> RGB pixels, upright, as `imgcls.images.files.decoding` gives them. */

import { reduce } from "imgcls/images/resample.js";

const SHORTER_SIDE = 800;
const MOST_PIXELS = 100_000_000;
const PALE = 191;
const UNREADABLE = "This file is not an image that this browser can read. Choose a PNG, JPEG, WebP or GIF file.";
const TOO_LARGE = "This image has too many pixels for this page. Choose a smaller one.";

/** The image in a file: { width, height, channels: 3, data }, and notes. An error's message is for people. */
export async function decoded(file) {
  let bitmap;
  try {
    // The app uses the pixels as they are stored, without their colour profile.
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    throw new Error(UNREADABLE);
  }
  try {
    if (bitmap.width * bitmap.height > MOST_PIXELS) throw new Error(TOO_LARGE);
    return pixelsOf(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/** The image of anything that can be drawn on a canvas. */
export function pixelsOf(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0);
  const { image, notes } = opaque(context.getImageData(0, 0, width, height));
  return { image: reduce(image, Math.floor(Math.min(width, height) / SHORTER_SIDE)), notes };
}

/** Transparent parts on white, or on black if what is visible is nearly white. */
function opaque({ width, height, data }) {
  const out = new Uint8Array(width * height * 3);
  let [total, bright, least] = [0, 0, 255];
  for (let i = 0; i < data.length; i += 4) {
    total += data[i + 3];
    bright += ((data[i] * 19595 + data[i + 1] * 38470 + data[i + 2] * 7471 + 0x8000) >> 16) * data[i + 3];
    least = Math.min(least, data[i + 3]);
  }
  const isPale = total > 0 && bright / total > PALE;
  const background = isPale ? 0 : 255;
  for (let i = 0, at = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    for (let channel = 0; channel < 3; channel++) {
      out[at++] = blended(data[i + channel], background, alpha);
    }
  }
  const notes = least < 255 ? [`Transparent areas were filled with ${isPale ? "black" : "white"}.`] : [];
  return { image: { width, height, channels: 3, data: out }, notes };
}

function blended(value, background, alpha) {
  return Math.round((value * alpha + background * (255 - alpha)) / 255);
}
