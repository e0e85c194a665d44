/** A photo with the phone's camera, in place of a drawing: made square and small here, so nothing else leaves the phone. */

import { decoded } from "imgcls/images/decode.js";
import { preparePhoto } from "imgcls/images/photo.js";
import { content } from "imgcls/content.js";

const QUALITY = 0.9;

export class Camera {
  /** `changed(image)` is called with { width, height, channels, data }, or null without one; `failed(message)` too. */
  constructor(root, changed, failed) {
    this.field = root.querySelector("canvas");
    this.file = root.querySelector("input");
    this.changed = changed;
    this.failed = failed;
    this.field.width = this.field.height = content.photoSide;
    this.isEmpty = true;
    root.querySelector("[data-take]").onclick = () => this.file.click();
    root.querySelector("[data-clear]").onclick = () => this.clear();
    this.file.onchange = () => {
      this.take(this.file.files[0]);
      this.file.value = ""; // the same file may be chosen again
    };
  }

  async take(file) {
    if (!file) return;
    try {
      const side = content.photoSide;
      const { image } = await decoded(file);
      const { pixels } = preparePhoto(image, { shape: [side, side, 3], fit: "crop" });
      this.show(pixels, side);
      this.changed({ width: side, height: side, channels: 3, data: pixels });
    } catch (error) {
      this.failed(error.message);
    }
  }

  show(pixels, side) {
    const shown = new ImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      shown.data.set(pixels.subarray(3 * i, 3 * i + 3), 4 * i);
      shown.data[4 * i + 3] = 255;
    }
    this.field.getContext("2d").putImageData(shown, 0, 0);
    this.isEmpty = false;
  }

  clear() {
    this.field.getContext("2d").clearRect(0, 0, this.field.width, this.field.height);
    this.isEmpty = true;
    this.changed(null);
  }

  /** What is sent: base64, without the head of the data URL. */
  get base64() {
    return this.field.toDataURL("image/jpeg", QUALITY).split(",")[1];
  }
}
