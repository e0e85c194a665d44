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
  return (await outputs(pixels)).probabilities;
}

/** The same with the features of the last hidden layer, a Float32Array; null if the model does not give them. */
export async function outputs(pixels) {
  const model = await loaded();
  const input = new Tensor(pixels, [1, ...content.shape]);
  const tensors = await model.run(input);
  const found = tensors.map((tensor) => Float32Array.from(tensor.toTypedArray()));
  for (const tensor of [input, ...tensors]) tensor.delete();
  if (found.length === 1) return { probabilities: found[0], features: null };
  const names = model.getOutputDetails().map(({ name }) => name);
  return { probabilities: found[names.indexOf("probabilities")], features: found[names.indexOf("features")] };
}
