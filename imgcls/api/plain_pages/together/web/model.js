/** The model of the class, fetched from this server and run by LiteRT.js on this device. In place of the offline page's. */

import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";
import { content } from "imgcls/content.js";

const RUNTIME = new URL("../litert_wasm_compat_internal.js", import.meta.url);

let started;

/** The model, once it is ready. */
export function loaded() {
  started ??= start();
  return started;
}

async function start() {
  const model = fetch(`model?v=${encodeURIComponent(content.model)}`).then((answer) => {
    if (!answer.ok) throw new Error("no model");
    return answer.arrayBuffer();
  });
  await loadLiteRt(RUNTIME.href);
  return loadAndCompile(new Uint8Array(await model), { accelerator: "wasm" });
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
