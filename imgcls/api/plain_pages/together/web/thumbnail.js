/** A sample as a small image, as the server stores it: strokes, flat lists of x, y, width on 280×280, or a photo. */

const SIDE = 280;
const ROOM = 14;

/** A canvas that shows the strokes of a JSON text as large as their ink allows, or its photo. */
export function thumbnail(text, side, name) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  const found = JSON.parse(text);
  if (typeof found === "string") showPhoto(canvas.getContext("2d"), found, side);
  else paint(canvas.getContext("2d"), found, side);
  return canvas;
}

function showPhoto(context, url, side) {
  const image = new Image();
  image.onload = () => context.drawImage(image, 0, 0, side, side);
  image.src = url;
}

function paint(context, strokes, side) {
  const [left, top, size] = frame(strokes);
  context.scale(side / size, side / size);
  context.translate(-left, -top);
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = context.fillStyle = "#fff";
  for (const stroke of strokes) {
    context.beginPath();
    context.arc(stroke[0], stroke[1], stroke[2] / 2, 0, 2 * Math.PI);
    context.fill();
    for (let i = 3; i < stroke.length; i += 3) {
      context.lineWidth = (stroke[i - 1] + stroke[i + 2]) / 2;
      context.beginPath();
      context.moveTo(stroke[i - 3], stroke[i - 2]);
      context.lineTo(stroke[i], stroke[i + 1]);
      context.stroke();
    }
  }
}

/** Left, top and side of the square around the ink; a small drawing is not enlarged more than three times. */
function frame(strokes) {
  let [left, top, right, bottom] = [SIDE, SIDE, 0, 0];
  for (const stroke of strokes) {
    for (let i = 0; i < stroke.length; i += 3) {
      const reach = stroke[i + 2] / 2 + ROOM;
      left = Math.min(left, stroke[i] - reach);
      right = Math.max(right, stroke[i] + reach);
      top = Math.min(top, stroke[i + 1] - reach);
      bottom = Math.max(bottom, stroke[i + 1] + reach);
    }
  }
  const size = Math.max(right - left, bottom - top, SIDE / 3);
  return [(left + right - size) / 2, (top + bottom - size) / 2, size];
}
