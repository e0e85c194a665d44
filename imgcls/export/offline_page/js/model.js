/** The model of this page, run by LiteRT.js on the CPU. */

import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";
import { unpacked } from "imgcls/bytes.js";
import { content } from "imgcls/content.js";

const NO_SCRIPT = "data:text/javascript,//wasm.js"; // the loader is in the page already

let started;

/** The model, once it is ready. */
export function loaded() {
  started ??= start();
  return started;
}

async function start() {
  const [script, wasm, model] = await Promise.all(["runtime-script", "runtime-wasm", "model"].map(unpacked));
  const element = document.createElement("script");
  element.textContent = `${new TextDecoder().decode(script)};self.ModuleFactory = ModuleFactory;`;
  document.head.append(element);
  self.Module = { wasmBinary: wasm };
  await loadLiteRt(NO_SCRIPT);
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
