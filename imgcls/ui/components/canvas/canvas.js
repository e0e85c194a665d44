/**
 * A canvas for pen, finger and mouse. Strokes are flat lists x, y, width, x, y, width … on a field of 280 × 280.
 *
 * While the pen is down, one message is in flight at a time. The next one, always the newest, is sent when the answer to
 * the last one is there (the event "imgcls-answered" says so), or after TIMEOUT without an answer, so nothing queues up.
 * A finished stroke is sent at once, because a button may be pressed right after the pen is lifted.
 *
 * The event "imgcls-marks" says which strokes support or oppose the prediction. They get a coloured core and a number
 * until the drawing changes.
 */

const SIDE = 280;
const TIMEOUT = 1500; // ms
const PAUSE = 0.6; // of the last response time, until the next message: a busy server gets more room
const LONGEST_PAUSE = 120; // ms
const SETTLE = 300; // ms until a rebuilt canvas sends its strokes, as the page may be about to leave
const NEAR = 1.2; // px: a point nearer to the last one is dropped
const MOST = { strokes: 200, points: 4000 };

const canvases = new WeakMap();
const drawings = new Map(); // by the name of a canvas: the last drawing on it, in case the page rebuilds it

export default function ({ parentElement, data, setStateValue }) {
  let canvas = canvases.get(parentElement);
  if (!canvas) {
    canvas = new Canvas(parentElement);
    canvases.set(parentElement, canvas);
  }
  canvas.tell = (message) => setStateValue("drawing", message);
  canvas.update(data);
  return () => {
    canvas.end();
    canvases.delete(parentElement);
  };
}

class Canvas {
  constructor(root) {
    this.field = root.querySelector("canvas");
    this.hint = root.querySelector(".hint");
    this.echo = root.querySelector(".echo");
    this.ghost = root.querySelector(".ghost"); // the hint on an empty canvas
    this.range = root.querySelector("input");
    this.buttons = { undo: root.querySelector(".undo"), clear: root.querySelector(".clear") };
    this.strokes = [];
    this.edition = null; // counts the drawings that the server has put here
    this.number = 0; // of the last message
    this.sentAt = 0; // when the message in flight was sent; 0: none is in flight
    this.freeAt = 0; // when the next message may be sent
    this.isNew = false; // whether something was drawn since
    this.cursor = { x: SIDE / 2, y: SIDE / 2, down: false, shown: false };

    this.field.onpointerdown = (event) => this.begin(event);
    this.field.onpointermove = (event) => this.move(event);
    this.field.onpointerup = this.field.onpointercancel = (event) => this.lift(event);
    this.field.onkeydown = (event) => this.key(event);
    this.field.onblur = () => {
      this.field.classList.remove("by-hand");
      this.showCursor(false);
    };
    this.field.onfocus = () => this.showCursor(!this.field.classList.contains("by-hand"));
    // Safari scrolls and selects text in spite of touch-action.
    this.field.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    this.buttons.undo.onclick = () => this.replace(this.strokes.slice(0, -1));
    this.buttons.clear.onclick = () => this.replace([]);
    this.range.oninput = () => (this.range.title = `${this.range.value} px`);
    this.range.onchange = () => this.send(true);
    this.onKey = (event) => this.pageKey(event);
    document.addEventListener("keydown", this.onKey);
    this.onAnswer = (event) => this.answered(event.detail);
    addEventListener("imgcls-answered", this.onAnswer);
    this.marks = [];
    this.onMarks = (event) => this.mark(event.detail);
    addEventListener("imgcls-marks", this.onMarks);
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.field);
  }

  end() {
    document.removeEventListener("keydown", this.onKey);
    removeEventListener("imgcls-answered", this.onAnswer);
    removeEventListener("imgcls-marks", this.onMarks);
    this.observer.disconnect();
    clearTimeout(this.timer);
  }

  update(data) {
    this.ghost.textContent = data.hint; // each step of a lesson asks for another digit
    this.ghost.className = data.digit ? `ghost digit digit-${data.digit}` : "ghost";
    if (this.edition === data.edition) return;
    const isFirst = this.edition === null;
    if (isFirst) this.label(data.texts);
    this.edition = data.edition;
    this.name = data.name;
    const drawing = isFirst && drawings.get(this.name);
    const isRebuilt = drawing && drawing.edition === this.edition;
    this.strokes = (isRebuilt ? drawing.strokes : data.strokes).map((stroke) => [...stroke]);
    if (isFirst) this.range.value = data.pen;
    this.pointer = undefined; // a stroke in progress belonged to the previous drawing
    this.cursor.down = false;
    this.sentAt = 0; // messages about the previous drawing will not be answered
    this.marks = [];
    delete this.field.dataset.pending;
    this.paint();
    dispatchEvent(new Event("imgcls-canvas-ready"));
    // The last strokes may have been on their way when the previous canvas was removed.
    if (isRebuilt && !drawing.isAnswered) this.timer = setTimeout(() => this.send(true), SETTLE);
  }

  label(texts) {
    this.texts = texts;
    this.field.setAttribute("aria-label", texts.canvas);
    this.field.parentElement.querySelector(".tools").setAttribute("aria-label", texts.tools);
    this.field.parentElement.querySelector(".pen").textContent = texts.pen;
    Object.assign(this.buttons.undo, { textContent: texts.undo, title: texts.undoHelp });
    Object.assign(this.buttons.clear, { textContent: texts.clear, title: texts.clearHelp });
  }

  // ---- drawing

  place(event) {
    const box = this.field.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  }

  width(event) {
    const pen = Number(this.range.value);
    // A mouse reports 0.5 and an unmeasured finger 0 or 1: only a pen's pressure means something.
    return event.pointerType === "pen" && event.pressure > 0 ? pen * (0.4 + 1.2 * event.pressure) : pen;
  }

  begin(event) {
    if (event.button || this.pointer !== undefined) return; // one hand draws
    event.preventDefault();
    this.field.classList.add("by-hand");
    this.field.focus({ preventScroll: true });
    this.pointer = event.pointerId;
    try {
      this.field.setPointerCapture(event.pointerId);
    } catch {
      // the pointer is already gone
    }
    this.showCursor(false);
    if (!this.hasRoom()) return;
    this.strokes.push([]);
    this.add(...this.place(event), this.width(event));
    this.send();
  }

  move(event) {
    if (event.pointerId !== this.pointer || !this.strokes.length) return;
    const points = event.getCoalescedEvents?.() || [];
    for (const point of points.length ? points : [event]) this.add(...this.place(point), this.width(point));
    this.send();
  }

  lift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    this.send(true);
  }

  /** Whether there is room for another stroke; the last one that fits may still grow. */
  hasRoom() {
    return this.hasPoints(this.strokes.length < MOST.strokes);
  }

  hasPoints(room = true) {
    const points = this.strokes.reduce((sum, stroke) => sum + stroke.length / 3, 0);
    const fits = room && points < MOST.points;
    this.hint.textContent = fits ? "" : this.texts.full;
    return fits;
  }

  add(x, y, width) {
    const stroke = this.strokes.at(-1);
    const at = stroke.length - 3;
    const isStart = at < 0;
    if (!isStart && Math.hypot(x - stroke[at], y - stroke[at + 1]) < NEAR) return;
    if (!isStart && !this.hasPoints()) return;
    stroke.push(round(clamp(x)), round(clamp(y)), round(width));
    this.paintSegment(this.context(), stroke, isStart ? 0 : at);
    this.updateButtons();
  }

  replace(strokes) {
    this.strokes = strokes;
    this.cursor.down = false;
    this.pointer = undefined;
    this.hasRoom();
    this.paint();
    this.send(true);
  }

  // ---- keyboard: the arrow keys move, Space lowers and lifts the pen

  key(event) {
    let isNew = true;
    const step = event.shiftKey ? 3 : 10;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const { cursor } = this;
    if (event.key === " ") {
      cursor.down = !cursor.down && this.hasRoom();
      if (cursor.down) {
        this.strokes.push([]);
        this.add(cursor.x, cursor.y, Number(this.range.value));
      }
    } else if (moves[event.key]) {
      cursor.x = clamp(cursor.x + moves[event.key][0]);
      cursor.y = clamp(cursor.y + moves[event.key][1]);
      isNew = cursor.down; // otherwise only the cross has moved
      if (isNew) this.add(cursor.x, cursor.y, Number(this.range.value));
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      this.replace(this.strokes.slice(0, -1));
    } else if (event.key === "Escape" || event.key === "Delete") {
      this.replace([]);
    } else return;
    event.preventDefault();
    this.field.classList.remove("by-hand");
    this.showCursor(true);
    if (isNew) this.send(!cursor.down);
  }

  /** Undo and clear, also while the focus is elsewhere; not in text fields, and without Escape, which closes dialogs. */
  pageKey(event) {
    const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (event.defaultPrevented || (!isUndo && event.key !== "Delete") || !this.strokes.length) return;
    const [focus] = event.composedPath();
    if (focus.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(focus.tagName)) return;
    event.preventDefault();
    this.replace(isUndo ? this.strokes.slice(0, -1) : []);
  }

  showCursor(shown) {
    if (!shown && this.cursor.down) {
      this.cursor.down = false;
      this.send(true);
    }
    if (this.cursor.shown === shown && !shown) return;
    this.cursor.shown = shown;
    this.paint();
  }

  // ---- messages

  send(atOnce = false) {
    this.isNew = true;
    if (this.marks.length) {
      this.marks = [];
      this.paint();
    }
    drawings.set(this.name, { edition: this.edition, strokes: this.strokes, isAnswered: false });
    this.field.dataset.pending = ""; // until the drawing is answered
    clearTimeout(this.timer);
    const now = performance.now();
    const freeAt = atOnce ? 0 : this.sentAt ? this.sentAt + TIMEOUT : this.freeAt;
    if (now < freeAt) {
      this.timer = setTimeout(() => this.send(), freeAt - now);
      return;
    }
    this.isNew = false;
    this.sentAt = now;
    this.number += 1;
    const pen = Number(this.range.value);
    const isDone = this.pointer === undefined && !this.cursor.down;
    this.tell({ edition: this.edition, number: this.number, pen, isDone, strokes: this.strokes });
  }

  answered({ number, edition, prediction }) {
    if (edition !== this.edition || number !== this.number) return;
    this.echo.textContent = this.strokes.length ? prediction : "";
    if (!this.sentAt) return;
    const now = performance.now();
    this.freeAt = now + Math.min(PAUSE * (now - this.sentAt), LONGEST_PAUSE);
    this.sentAt = 0;
    if (this.isNew) {
      this.send(this.pointer === undefined);
      return;
    }
    drawings.get(this.name).isAnswered = true;
    delete this.field.dataset.pending;
  }

  /** Marks of another drawing are ignored. A new canvas shows what the server knows, before it has sent anything. */
  mark({ edition, number, marks }) {
    if (edition !== this.edition || (this.number && number !== this.number) || this.isNew) return;
    this.marks = marks;
    this.paint();
  }

  // ---- painting

  context() {
    const context = this.field.getContext("2d");
    context.setTransform(this.field.width / SIDE, 0, 0, this.field.width / SIDE, 0, 0);
    context.lineCap = context.lineJoin = "round";
    return context;
  }

  paintSegment(context, stroke, at) {
    const next = Math.min(at + 3, stroke.length - 3);
    if (next === at) {
      // a line without length would paint nothing
      context.fillStyle = "#fff";
      context.beginPath();
      context.arc(stroke[at], stroke[at + 1], stroke[at + 2] / 2, 0, 2 * Math.PI);
      context.fill();
      return;
    }
    context.strokeStyle = "#fff";
    context.lineWidth = (stroke[at + 2] + stroke[next + 2]) / 2;
    context.beginPath();
    context.moveTo(stroke[at], stroke[at + 1]);
    context.lineTo(stroke[next], stroke[next + 1]);
    context.stroke();
  }

  paint() {
    const box = this.field.getBoundingClientRect();
    if (!box.width) return;
    const side = Math.round(box.width * (devicePixelRatio || 1));
    if (this.field.width !== side) this.field.width = this.field.height = side;
    const context = this.context();
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    for (const stroke of this.strokes) {
      for (let at = 0; at < Math.max(stroke.length - 3, 1); at += 3) this.paintSegment(context, stroke, at);
    }
    for (const mark of this.marks) this.paintMark(context, mark);
    if (this.cursor.shown) this.paintCursor(context);
    this.updateButtons();
  }

  paintMark(context, { points, colour, number, x, y }) {
    if (colour) {
      context.strokeStyle = colour;
      context.lineWidth = Math.max(3, points[2] / 2);
      context.beginPath();
      for (let at = 0; at < points.length; at += 3) context.lineTo(points[at], points[at + 1]);
      context.stroke();
    }
    context.font = "600 12px sans-serif";
    context.fillStyle = "#fff";
    context.strokeStyle = "#000";
    context.lineWidth = 3;
    context.strokeText(number, x, y);
    context.fillText(number, x, y);
  }

  paintCursor(context) {
    const { x, y, down } = this.cursor;
    context.strokeStyle = down ? "#E69F00" : "#56B4E9";
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x - 9, y);
    context.lineTo(x + 9, y);
    context.moveTo(x, y - 9);
    context.lineTo(x, y + 9);
    context.stroke();
  }

  updateButtons() {
    const isEmpty = !this.strokes.length;
    this.ghost.hidden = !isEmpty || this.cursor.shown;
    for (const button of Object.values(this.buttons)) button.disabled = isEmpty;
  }
}

const clamp = (value) => Math.min(Math.max(value, 0), SIDE);
const round = (value) => Math.round(value * 10) / 10;
