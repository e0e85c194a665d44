/** Whether an input should not be classified, and why, as `imgcls.inference.rejection`. */

import { content } from "imgcls/content.js";
import { placeInk, prepareStrokes } from "imgcls/images/ink.js";
import { classify } from "imgcls/model.js";
import { digitsIn, digitsInImage, isDot, isScribble } from "imgcls/rejection/multiple_digits.js";
import { isNonDigit } from "imgcls/rejection/non_digits.js";
import { tooFar } from "imgcls/rejection/unfamiliar.js";

const UNLIKE = "Unlike anything in the training data";
const SCRIBBLE = "It looks like a scribble: the pen path is longer, or turns more often, than in any digit.";
const NUMBERS = { 2: "Two", 3: "Three", 4: "Four" };
const NOT_A_DIGIT = {
  title: "Not a digit",
  text: "It looks like a letter, a symbol or a picture. Draw a digit from 0 to 9.",
};

/**
 * { title, text } if it should not be classified, else null; a title with names or numbers also has its pattern and
 * values, for pages that translate it. `features` are those of the last hidden layer, if known.
 * `isDone`: the drawing is complete; only then all count.
 */
export async function rejection({ pixels, strokes, features = null, isDone = true }) {
  const refused = content.isOfDigits ? await notOneDigit({ pixels, strokes, isDone }) : null;
  if (refused || !isDone) return refused;
  const distance = await tooFar(features);
  if (distance) return { title: UNLIKE, text: distance };
  return content.isOfDigits && content.isInk && (await isNonDigit(pixels, strokes)) ? NOT_A_DIGIT : null;
}

async function notOneDigit({ pixels, strokes, isDone }) {
  if (strokes) {
    if (isDone && isDot(strokes)) return { title: UNLIKE, text: "That is only a dot." };
    const digits = isDone ? await digitsIn(strokes, (some) => classify(prepareStrokes(some, content.shape))) : [];
    if (digits.length) return several(digits);
    if (isScribble(strokes)) return { title: UNLIKE, text: SCRIBBLE };
  } else if (content.isInk) {
    const [height, width, channels] = content.shape;
    const data = pixels.filter((_, i) => i % channels === 0);
    const digits = await digitsInImage({ width, height, data }, (ink) => classify(placeInk(ink, content.shape)));
    if (digits.length) return several(digits);
  }
  return null;
}

function several(digits) {
  const values = { count: digits.length, first: digits.slice(0, -1).join(", "), last: digits.at(-1) };
  const pattern = `${NUMBERS[digits.length] ?? "{count}"} digits: {first} and {last}`;
  const title = pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  return { title, pattern, values, text: "This model recognises a single digit. Give it one at a time." };
}
