/** A canvas for pen, finger, mouse and keyboard. Strokes are lists of [x, y, width] on a field of SIDE x SIDE. */

import { SIDE } from "imgcls/images/ink.js";

const NEAR = 1.2; // px: a point nearer to the last one is dropped
const MOST = { strokes: 200, points: 4000 };
const FULL = "The drawing has reached its limit. Undo or clear something.";
const STEP = { small: 3, large: 10 };
const DIGIT = "M93 70A48 42 0 1 1 132 136A56 48 0 1 1 89 215"; // the same as on the canvas of the app

export class DrawingPad {
  /**
   * `changed(strokes, isDone)` is called whenever the drawing changes; `isDone` is false while the pen is down. With
   * `data-example` at its root, the empty canvas shows a faint digit.
   */
  constructor(root, changed) {
    this.field = root.querySelector("canvas");
    this.hint = root.querySelector("[role=status]");
    this.pen = root.querySelector("input");
    this.undo = root.querySelector("[data-undo]");
    this.clear = root.querySelector("[data-clear]");
    this.changed = changed;
    this.strokes = [];
    this.cursor = { x: SIDE / 2, y: SIDE / 2, isDown: false, isShown: false };
    this.field.onpointerdown = (event) => this.begin(event);
    this.field.onpointermove = (event) => this.move(event);
    this.field.onpointerup = this.field.onpointercancel = (event) => this.lift(event);
    this.field.onkeydown = (event) => this.key(event);
    this.field.onblur = () => this.showCursor(false);
    this.field.onfocus = () => this.showCursor(this.pointer === undefined && this.field.matches(":focus-visible"));
    // Safari scrolls and selects text in spite of touch-action.
    this.field.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    this.undo.onclick = () => this.replace(this.strokes.slice(0, -1));
    this.clear.onclick = () => this.replace([]);
    new ResizeObserver(() => this.paint()).observe(this.field);
  }

  begin(event) {
    if (event.button || this.pointer !== undefined) return; // one hand draws
    event.preventDefault();
    this.pointer = event.pointerId;
    this.field.focus({ preventScroll: true });
    this.showCursor(false);
    if (event.isTrusted) this.field.setPointerCapture(event.pointerId);
    if (!this.hasRoom()) return;
    this.strokes.push([]);
    this.add(...this.place(event), this.width(event));
    this.changed(this.strokes, false);
  }

  move(event) {
    if (event.pointerId !== this.pointer || !this.strokes.length) return;
    const points = event.getCoalescedEvents?.() ?? [];
    for (const point of points.length ? points : [event]) this.add(...this.place(point), this.width(point));
    this.changed(this.strokes, false);
  }

  lift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    this.changed(this.strokes, true);
  }

  place(event) {
    const box = this.field.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  }

  width(event) {
    const pen = Number(this.pen.value);
    // A mouse reports 0.5 and an unmeasured finger 0 or 1: only a pen's pressure means something.
    return event.pointerType === "pen" && event.pressure > 0 ? pen * (0.4 + 1.2 * event.pressure) : pen;
  }

  hasRoom() {
    const points = this.strokes.reduce((sum, stroke) => sum + stroke.length, 0);
    const fits = this.strokes.length < MOST.strokes && points < MOST.points;
    this.hint.textContent = fits ? "" : FULL;
    return fits;
  }

  add(x, y, width) {
    const stroke = this.strokes.at(-1);
    const last = stroke.at(-1);
    if (last && (Math.hypot(x - last[0], y - last[1]) < NEAR || !this.hasRoom())) return;
    stroke.push([rounded(clamped(x)), rounded(clamped(y)), rounded(width)]);
    this.paint();
  }

  replace(strokes) {
    this.strokes = strokes;
    this.cursor.isDown = false;
    this.pointer = undefined;
    this.hasRoom();
    this.paint();
    this.changed(this.strokes, true);
  }

  /** The arrow keys move, Space lowers and lifts the pen, Escape clears. */
  key(event) {
    const { cursor } = this;
    const step = event.shiftKey ? STEP.small : STEP.large;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key === " ") {
      cursor.isDown = !cursor.isDown && this.hasRoom();
      if (cursor.isDown) {
        this.strokes.push([]);
        this.add(cursor.x, cursor.y, Number(this.pen.value));
      }
    } else if (moves[event.key]) {
      cursor.x = clamped(cursor.x + moves[event.key][0]);
      cursor.y = clamped(cursor.y + moves[event.key][1]);
      if (cursor.isDown) this.add(cursor.x, cursor.y, Number(this.pen.value));
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.replace(this.strokes.slice(0, -1));
    else if (event.key === "Escape" || event.key === "Delete") this.replace([]);
    else return;
    event.preventDefault();
    this.showCursor(true);
    if (this.strokes.length) this.changed(this.strokes, !cursor.isDown);
  }

  showCursor(isShown) {
    if (!isShown && this.cursor.isDown) {
      this.cursor.isDown = false;
      this.changed(this.strokes, true);
    }
    this.cursor.isShown = isShown;
    this.paint();
  }

  paint() {
    const box = this.field.getBoundingClientRect();
    if (!box.width) return;
    const side = Math.round(box.width * (devicePixelRatio || 1));
    if (this.field.width !== side) this.field.width = this.field.height = side;
    const context = this.field.getContext("2d");
    context.setTransform(side / SIDE, 0, 0, side / SIDE, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    context.lineCap = context.lineJoin = "round";
    context.fillStyle = context.strokeStyle = "#fff";
    if ("example" in this.field.parentElement.dataset && !this.strokes.length) paintExample(context);
    for (const stroke of this.strokes) paintStroke(context, stroke);
    if (this.cursor.isShown) this.paintCursor(context);
    for (const button of [this.undo, this.clear]) button.disabled = !this.strokes.length;
  }

  paintCursor(context) {
    const { x, y, isDown } = this.cursor;
    context.strokeStyle = isDown ? "#E69F00" : "#56B4E9";
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x - 9, y);
    context.lineTo(x + 9, y);
    context.moveTo(x, y - 9);
    context.lineTo(x, y + 9);
    context.stroke();
  }
}

function paintExample(context) {
  const path = new Path2D(DIGIT);
  context.save();
  context.globalAlpha = 0.13;
  context.lineWidth = 22;
  context.stroke(path);
  context.globalAlpha = 0.5;
  context.lineWidth = 2;
  context.setLineDash([1, 8]);
  context.stroke(path);
  context.restore();
}

function paintStroke(context, stroke) {
  const [x, y, width] = stroke[0];
  context.beginPath();
  context.arc(x, y, width / 2, 0, 2 * Math.PI);
  context.fill();
  for (let i = 1; i < stroke.length; i++) {
    context.lineWidth = (stroke[i - 1][2] + stroke[i][2]) / 2;
    context.beginPath();
    context.moveTo(stroke[i - 1][0], stroke[i - 1][1]);
    context.lineTo(stroke[i][0], stroke[i][1]);
    context.stroke();
  }
}

const clamped = (value) => Math.min(Math.max(value, 0), SIDE);
const rounded = (value) => Math.round(value * 10) / 10;
