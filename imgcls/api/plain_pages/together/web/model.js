/** The model of the class, fetched from this server and run by LiteRT.js on this device. In place of the offline page's. */

import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";
import { content } from "imgcls/content.js";

const RUNTIME = new URL("../litert_wasm_compat_internal.js", import.meta.url);

let started;
let runtime;

/** The model, once it is ready. If it could not be fetched, which an error with `isAway` says, the next call tries again. */
export function loaded() {
  started ??= start().catch((error) => {
    started = undefined;
    throw error;
  });
  return started;
}

async function fetched() {
  try {
    const answer = await fetch(`model?v=${encodeURIComponent(content.model)}`);
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  } catch {
    // without a connection
  }
  throw Object.assign(new Error("The model could not be fetched."), { isAway: true });
}

async function start() {
  const model = await fetched();
  runtime ??= loadLiteRt(RUNTIME.href); // only once, also if the model has to be fetched again
  await runtime;
  return loadAndCompile(model, { accelerator: "wasm" });
}

/** The probabilities, a Float32Array, of the pixels of one image: a Uint8Array of height x width x channels. */
export async function classify(pixels) {
  const model = await loaded();
  const input = new Tensor(pixels, [1, ...content.shape]);
  const [output] = await model.run(input);
  const found = Float32Array.from(output.toTypedArray());
  input.delete();
  output.delete();
  return found;
}
