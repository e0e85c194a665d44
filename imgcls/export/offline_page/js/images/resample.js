/**
 * Changes the size of an image exactly as Pillow does for 8-bit pixels: an area mean (`box`), `bilinear` or `bicubic`,
 * widened when an image shrinks, with weights of 22 bits and rounded to 8 bits between the two directions.
 *
 * An image is { width, height, channels, data }, data a Uint8Array of rows; without `channels` it is grey. What a canvas
 * does with drawImage differs from browser to browser, and the model would see other pixels than in the app.
 */

const BITS = 22;
const HALF = 1 << (BITS - 1);
const FILTERS = {
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => Math.max(1 - Math.abs(x), 0)],
  bicubic: [2, cubic],
};

/** The image with another size. */
export function resize(image, width, height, filter) {
  // Since version 13, Pillow begins with the height if that loses more than twice as many pixels as the width.
  const lost = image.height - height;
  if (lost > 0 && lost > 2 * (image.width - width)) {
    return alongRows(alongColumns(image, height, filter), width, filter);
  }
  return alongColumns(alongRows(image, width, filter), height, filter);
}

function alongRows(image, width, filter) {
  if (width === image.width) return image;
  const { channels = 1, height, data } = image;
  const out = new Uint8Array(width * height * channels);
  weights(image.width, width, filter).forEach(({ start, factors }, x) => {
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = HALF;
        const at = (y * image.width + start) * channels + channel;
        for (let i = 0; i < factors.length; i++) sum += data[at + i * channels] * factors[i];
        out[(y * width + x) * channels + channel] = clip(sum);
      }
    }
  });
  return { width, height, channels, data: out };
}

function alongColumns(image, height, filter) {
  if (height === image.height) return image;
  const { channels = 1, width, data } = image;
  const row = width * channels;
  const out = new Uint8Array(row * height);
  weights(image.height, height, filter).forEach(({ start, factors }, y) => {
    for (let x = 0; x < row; x++) {
      let sum = HALF;
      for (let i = 0; i < factors.length; i++) sum += data[(start + i) * row + x] * factors[i];
      out[y * row + x] = clip(sum);
    }
  });
  return { width, height, channels, data: out };
}

/** For each new pixel the first old one that counts, and the weights from there on. */
function weights(oldSize, newSize, filter) {
  const [reach, weight] = FILTERS[filter];
  const scale = oldSize / newSize;
  const wider = Math.max(scale, 1);
  const support = reach * wider;
  return Array.from({ length: newSize }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), oldSize);
    const raw = Array.from({ length: end - start }, (_, i) => weight((i + start - centre + 0.5) * (1 / wider)));
    const total = raw.reduce((sum, value) => sum + value, 0);
    const factors = Int32Array.from(raw, (value) => {
      const exact = (total ? value / total : value) * 2 ** BITS;
      return Math.trunc(exact + (exact < 0 ? -0.5 : 0.5));
    });
    return { start, factors };
  });
}

/** Keys's cubic convolution with a = -0.5. */
function cubic(value) {
  const x = Math.abs(value);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** Rounded to 8 bits; the sum is an integer below 2 ** 31. */
function clip(sum) {
  const value = sum >> BITS;
  return Math.min(Math.max(value, 0), 255);
}

/** The mean of squares of `factor` x `factor` pixels, as Pillow's `reduce`; those at the end may be narrower. */
export function reduce(image, factor) {
  if (factor <= 1) return image;
  const { channels = 1, data } = image;
  const width = Math.ceil(image.width / factor);
  const height = Math.ceil(image.height / factor);
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const bottom = Math.min((y + 1) * factor, image.height);
    for (let x = 0; x < width; x++) {
      const right = Math.min((x + 1) * factor, image.width);
      const count = (bottom - y * factor) * (right - x * factor);
      for (let channel = 0; channel < channels; channel++) {
        let sum = Math.floor(count / 2);
        for (let row = y * factor; row < bottom; row++) {
          for (let column = x * factor; column < right; column++) {
            sum += data[(row * image.width + column) * channels + channel];
          }
        }
        out[(y * width + x) * channels + channel] = Math.floor((sum * Math.floor(2 ** 24 / count)) / 2 ** 24);
      }
    }
  }
  return { width, height, channels, data: out };
}

/** The brightness of an image with three channels (ITU-R 601, as Pillow's mode "L"). */
export function grey(image) {
  if ((image.channels ?? 1) === 1) return image;
  const data = new Uint8Array(image.width * image.height);
  for (let i = 0; i < data.length; i++) {
    const at = 3 * i;
    data[i] = (image.data[at] * 19595 + image.data[at + 1] * 38470 + image.data[at + 2] * 7471 + 0x8000) >> 16;
  }
  return { width: image.width, height: image.height, channels: 1, data };
}
