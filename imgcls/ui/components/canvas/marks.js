/** Says which strokes of the drawing support the prediction; the canvas paints it (see canvas.js). */

export default function ({ data }) {
  const say = () => dispatchEvent(new CustomEvent("imgcls-marks", { detail: data }));
  addEventListener("imgcls-canvas-ready", say); // a canvas that comes later
  say();
  return () => removeEventListener("imgcls-canvas-ready", say);
}
