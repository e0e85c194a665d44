/**
 * A photo -> the pixels of a model, as `imgcls.images.loading.prepare_photo` does it.
 *
 * An image is { width, height, channels, data }; see resample.js.
 */

import { cropped, inkBox, placeInk } from "imgcls/images/ink.js";
import { BLANK_BELOW, borderOf, hasFaintMarks, isPattern, separatePhoto } from "imgcls/images/photo_ink.js";
import { largest, median, rint } from "imgcls/numbers.js";
import { grey, reduce, resize } from "imgcls/images/resample.js";
import { cropHandwriting } from "imgcls/images/text_region.js";
import { separateCrop } from "imgcls/images/tight_crop.js";

const NO_WRITING = "No handwriting found. Take a photo of one dark digit on plain light paper.";
const TOO_FAINT =
  "The handwriting is too faint to be read. Use a darker pen or better light, and take the photo again.";

/** The model's input, a Uint8Array, and what was done: { pixels, notes }. An error's message is for people. */
export function preparePhoto(image, { shape, isInk, fit }) {
  if (fit === "crop" || fit === "pad") return framed(image, shape, fit);
  if (isInk) return handwriting(grey(image), shape);
  if (shape[2] === 1) return object(grey(image), shape);
  return middle(image, shape);
}

/** A part of an image. */
export function part(image, left, top, width, height) {
  const { channels = 1 } = image;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}

function framed(image, [side, , channels], fit) {
  const notes = [];
  const short = Math.min(image.width, image.height);
  if (image.width !== image.height) {
    if (fit === "pad") notes.push("Padded to a square in the colour of its border.");
    else {
      notes.push(cutNote(image, short, short));
      image = part(image, (image.width - short) >> 1, (image.height - short) >> 1, short, short);
    }
  }
  if (channels === 1) image = grey(image);
  const scale = side / Math.max(image.width, image.height);
  const small = resize(
    image,
    Math.max(1, rint(image.width * scale)),
    Math.max(1, rint(image.height * scale)),
    "bicubic",
  );
  if (small.width === side && small.height === side) return { pixels: small.data.slice(), notes };
  const pixels = new Uint8Array(side * side * channels);
  const colour = borderColour(small, channels);
  pixels.forEach((_, i) => {
    pixels[i] = colour[i % channels];
  });
  placed(pixels, small, side, (side - small.width) >> 1, (side - small.height) >> 1);
  return { pixels, notes };
}

function borderColour({ width, height, data }, channels) {
  return Array.from({ length: channels }, (_, channel) => {
    const at = (x, y) => data[(y * width + x) * channels + channel];
    const rim = [];
    for (let x = 0; x < width; x++) rim.push(at(x, 0), at(x, height - 1));
    for (let y = 0; y < height; y++) rim.push(at(0, y), at(width - 1, y));
    return Math.trunc(median(rim));
  });
}

function placed(pixels, small, width, left, top) {
  const { channels = 1 } = small;
  for (let y = 0; y < small.height; y++) {
    const row = small.data.subarray(y * small.width * channels, (y + 1) * small.width * channels);
    pixels.set(row, ((top + y) * width + left) * channels);
  }
}

/** The centre in the proportions of the model. */
function middle(image, [height, width]) {
  const scale = Math.min(image.height / height, image.width / width);
  const cutHeight = Math.min(image.height, rint(height * scale));
  const cutWidth = Math.min(image.width, rint(width * scale));
  const isCut = cutHeight !== image.height || cutWidth !== image.width;
  const notes = isCut ? [cutNote(image, cutWidth, cutHeight)] : [];
  const cut = part(image, (image.width - cutWidth) >> 1, (image.height - cutHeight) >> 1, cutWidth, cutHeight);
  return { pixels: resize(cut, width, height, "bicubic").data.slice(), notes };
}

function cutNote(image, width, height) {
  return width < image.width
    ? `Centre crop: ${Math.floor((100 * width) / image.width)}% of its width is used.`
    : `Centre crop: ${Math.floor((100 * height) / image.height)}% of its height is used.`;
}

/** Fashion-MNIST: the object bright on black, as large as fits. */
function object(image, [height, width]) {
  const notes = [];
  let { data } = image;
  let background = median(borderOf(image));
  if (background > 127) {
    data = data.map((value) => 255 - value);
    background = 255 - background;
    notes.push("The light background was inverted to black, as in the training images.");
  } else if (image.height === height && image.width === width) return { pixels: data.slice(), notes };
  const gain = Math.fround(255 / (255 - background));
  data = data.map((value) => Math.min(Math.max(Math.fround((value - background) * gain), 0), 255));
  let values = { ...image, channels: 1, data };
  const block = Math.max(1, Math.floor(Math.max(image.width, image.height) / 64));
  const means = reduce(values, block);
  const box = inkBox(means);
  if (box && largest(means.data) >= BLANK_BELOW) {
    const [top, bottom, left, right] = box.map((edge) => edge * block);
    const [toRight, toBottom] = [Math.min(right, image.width), Math.min(bottom, image.height)];
    values = part(values, left, top, toRight - left, toBottom - top);
  }
  const scale = Math.min(height / values.height, width / values.width);
  const small = resize(
    values,
    ...[values.width, values.height].map((side) => Math.max(1, rint(side * scale))),
    "bicubic",
  );
  const pixels = new Uint8Array(height * width);
  placed(pixels, small, width, (width - small.width) >> 1, (height - small.height) >> 1);
  notes.push("Converted to greyscale, empty margins cropped, black padding added to keep the proportions.");
  return { pixels, notes };
}

/** Only the ink, bright on black, placed as in MNIST. */
function handwriting(image, shape) {
  let { ink, isDark } = separateCrop(image);
  let notes = [];
  if (!ink) {
    const found = cropHandwriting(image);
    notes = found.notes;
    ({ ink, isDark } = separatePhoto(found.part, found.isLocated));
    if (!ink && hasFaintMarks(found.part)) throw new Error(TOO_FAINT);
  }
  const box = ink && !isPattern(ink) && inkBox(ink);
  if (!box) throw new Error(NO_WRITING);
  notes.push("The handwriting was located and placed as in the training images.");
  if (isDark) notes.unshift("Dark ink on a light background was inverted to light ink on black.");
  return { pixels: placeInk(cropped(ink, box), shape), notes };
}
