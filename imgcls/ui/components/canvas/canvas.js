/* A canvas for pen, finger and mouse. Strokes are flat lists x, y, width, x, y, width ... on a field of 280 by 280.

While the pen is down one message is under way at a time: the next, always the newest, leaves when the answer to the
last one is there (the event "imgcls-answered" says so), or after PATIENCE where no answer comes. So nothing queues up.
What is done is told at once, as a button may be pressed right after the pen is lifted. */

const SIDE = 280;
const PATIENCE = 1500; // ms
const PAUSE = 0.6; // of the time that the last answer took, until the next question: a busy server gets more room
const LONGEST_PAUSE = 120; // ms
const REST = 300; // ms: a canvas that is put up anew waits so long before it asks, as the page may be on its way out
const NEAR = 1.2; // px: a point nearer to the last one is left out
const MOST = {strokes: 200, points: 4000};

const canvases = new WeakMap();
const newest = new Map(); // by the name of a canvas: what was drawn on it, should the page put up the same one anew

export default function ({parentElement, data, setStateValue}) {
  let canvas = canvases.get(parentElement);
  if (!canvas) canvases.set(parentElement, (canvas = new Canvas(parentElement)));
  canvas.tell = (message) => setStateValue("drawing", message);
  canvas.hear(data);
  return () => {
    canvas.end();
    canvases.delete(parentElement);
  };
}

class Canvas {
  constructor(root) {
    this.field = root.querySelector("canvas");
    this.hint = root.querySelector(".hint");
    this.said = root.querySelector(".said");
    this.range = root.querySelector("input");
    this.buttons = {undo: root.querySelector(".undo"), clear: root.querySelector(".clear")};
    this.strokes = [];
    this.edition = null; // counts the drawings that the server has put here
    this.number = 0; // of the last message
    this.asked = 0; // when the message left that is under way; 0: none is
    this.free = 0; // when the next may leave
    this.isNew = false; // something was drawn since
    this.cursor = {x: SIDE / 2, y: SIDE / 2, down: false, shown: false};

    this.field.onpointerdown = (event) => this.begin(event);
    this.field.onpointermove = (event) => this.move(event);
    this.field.onpointerup = this.field.onpointercancel = (event) => this.lift(event);
    this.field.onkeydown = (event) => this.key(event);
    this.field.onblur = () => {
      this.field.classList.remove("by-hand");
      this.point(false);
    };
    this.field.onfocus = () => this.point(!this.field.classList.contains("by-hand"));
    // Safari scrolls and marks text in spite of touch-action.
    this.field.addEventListener("touchstart", (event) => event.preventDefault(), {passive: false});
    this.buttons.undo.onclick = () => this.take(this.strokes.slice(0, -1));
    this.buttons.clear.onclick = () => this.take([]);
    this.range.oninput = () => (this.range.title = `${this.range.value} px`);
    this.range.onchange = () => this.ask(true);
    this.onAnswer = (event) => this.answered(event.detail);
    addEventListener("imgcls-answered", this.onAnswer);
    this.watch = new ResizeObserver(() => this.paint());
    this.watch.observe(this.field);
  }

  end() {
    removeEventListener("imgcls-answered", this.onAnswer);
    this.watch.disconnect();
    clearTimeout(this.later);
  }

  hear(data) {
    if (this.edition === data.edition) return;
    const isFirst = this.edition === null;
    this.edition = data.edition;
    this.name = data.name;
    const drawn = isFirst && newest.get(this.name);
    const isAnew = drawn && drawn.edition === this.edition;
    this.strokes = (isAnew ? drawn.strokes : data.strokes).map((stroke) => [...stroke]);
    if (isFirst) this.range.value = data.pen;
    this.pointer = undefined; // a stroke under way belonged to the drawing that went
    this.cursor.down = false;
    this.asked = 0; // what was told of the drawing before this one is not answered any more
    delete this.field.dataset.asks;
    this.paint();
    // The last strokes may have been on their way when the canvas before this one went.
    if (isAnew && !drawn.isHeard) this.later = setTimeout(() => this.ask(true), REST);
  }

  /* ---- drawing */

  place(event) {
    const box = this.field.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  }

  width(event) {
    const pen = Number(this.range.value);
    // A mouse says 0.5, a finger that is not measured 0 or 1: only a pen's pressure means something.
    return event.pointerType === "pen" && event.pressure > 0 ? pen * (0.4 + 1.2 * event.pressure) : pen;
  }

  begin(event) {
    if (event.button || this.pointer !== undefined) return; // one hand draws
    event.preventDefault();
    this.field.classList.add("by-hand");
    this.field.focus({preventScroll: true});
    this.pointer = event.pointerId;
    try {
      this.field.setPointerCapture(event.pointerId);
    } catch {
      // the pointer is gone already
    }
    this.point(false);
    if (!this.hasRoom()) return;
    this.strokes.push([]);
    this.add(...this.place(event), this.width(event));
    this.ask();
  }

  move(event) {
    if (event.pointerId !== this.pointer || !this.strokes.length) return;
    const points = (event.getCoalescedEvents && event.getCoalescedEvents()) || [];
    for (const point of points.length ? points : [event]) this.add(...this.place(point), this.width(point));
    this.ask();
  }

  lift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    this.ask(true);
  }

  /* Room for another stroke; the last one that fits may still grow. */
  hasRoom() {
    return this.hasPoints(this.strokes.length < MOST.strokes);
  }

  hasPoints(room = true) {
    const points = this.strokes.reduce((sum, stroke) => sum + stroke.length / 3, 0);
    const fits = room && points < MOST.points;
    this.hint.textContent = fits ? "" : "That is as much as one drawing may hold. Undo or clear something.";
    return fits;
  }

  add(x, y, width) {
    const stroke = this.strokes.at(-1);
    const at = stroke.length - 3;
    const isStart = at < 0;
    if (!isStart && Math.hypot(x - stroke[at], y - stroke[at + 1]) < NEAR) return;
    if (!isStart && !this.hasPoints()) return;
    stroke.push(round(clamp(x)), round(clamp(y)), round(width));
    this.segment(this.pens(), stroke, isStart ? 0 : at);
    this.sync();
  }

  take(strokes) {
    this.strokes = strokes;
    this.cursor.down = false;
    this.pointer = undefined;
    this.hasRoom();
    this.paint();
    this.ask(true);
  }

  /* ---- the keyboard: arrows move, Space puts the pen down and lifts it */

  key(event) {
    let isNew = true;
    const step = event.shiftKey ? 3 : 10;
    const moves = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]};
    const {cursor} = this;
    if (event.key === " ") {
      cursor.down = !cursor.down && this.hasRoom();
      if (cursor.down) {
        this.strokes.push([]);
        this.add(cursor.x, cursor.y, Number(this.range.value));
      }
    } else if (moves[event.key]) {
      cursor.x = clamp(cursor.x + moves[event.key][0]);
      cursor.y = clamp(cursor.y + moves[event.key][1]);
      isNew = cursor.down; // else nothing but the cross has moved
      if (isNew) this.add(cursor.x, cursor.y, Number(this.range.value));
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      this.take(this.strokes.slice(0, -1));
    } else if (event.key === "Escape" || event.key === "Delete") {
      this.take([]);
    } else return;
    event.preventDefault();
    this.field.classList.remove("by-hand");
    this.point(true);
    if (isNew) this.ask(!cursor.down);
  }

  point(shown) {
    if (!shown && this.cursor.down) {
      this.cursor.down = false;
      this.ask(true);
    }
    if (this.cursor.shown === shown && !shown) return;
    this.cursor.shown = shown;
    this.paint();
  }

  /* ---- asking */

  ask(atOnce = false) {
    this.isNew = true;
    newest.set(this.name, {edition: this.edition, strokes: this.strokes, isHeard: false});
    this.field.dataset.asks = ""; // until what is drawn is answered
    clearTimeout(this.later);
    const now = performance.now();
    const free = atOnce ? 0 : this.asked ? this.asked + PATIENCE : this.free;
    if (now < free) {
      this.later = setTimeout(() => this.ask(), free - now);
      return;
    }
    this.isNew = false;
    this.asked = now;
    this.number += 1;
    const pen = Number(this.range.value);
    const isDone = this.pointer === undefined && !this.cursor.down;
    this.tell({edition: this.edition, number: this.number, pen, isDone, strokes: this.strokes});
  }

  answered({number, edition, said}) {
    if (edition !== this.edition || number !== this.number) return;
    this.said.textContent = this.strokes.length ? said : "";
    if (!this.asked) return;
    const now = performance.now();
    this.free = now + Math.min(PAUSE * (now - this.asked), LONGEST_PAUSE);
    this.asked = 0;
    if (this.isNew) return this.ask(this.pointer === undefined);
    newest.get(this.name).isHeard = true;
    delete this.field.dataset.asks;
  }

  /* ---- showing */

  pens() {
    const pens = this.field.getContext("2d");
    pens.setTransform(this.field.width / SIDE, 0, 0, this.field.width / SIDE, 0, 0);
    pens.lineCap = pens.lineJoin = "round";
    return pens;
  }

  segment(pens, stroke, at) {
    const next = Math.min(at + 3, stroke.length - 3);
    if (next === at) { // a line of no length would leave nothing
      pens.fillStyle = "#fff";
      pens.beginPath();
      pens.arc(stroke[at], stroke[at + 1], stroke[at + 2] / 2, 0, 2 * Math.PI);
      pens.fill();
      return;
    }
    pens.strokeStyle = "#fff";
    pens.lineWidth = (stroke[at + 2] + stroke[next + 2]) / 2;
    pens.beginPath();
    pens.moveTo(stroke[at], stroke[at + 1]);
    pens.lineTo(stroke[next], stroke[next + 1]);
    pens.stroke();
  }

  paint() {
    const box = this.field.getBoundingClientRect();
    if (!box.width) return;
    const side = Math.round(box.width * (devicePixelRatio || 1));
    if (this.field.width !== side) this.field.width = this.field.height = side;
    const pens = this.pens();
    pens.fillStyle = "#000";
    pens.fillRect(0, 0, SIDE, SIDE);
    for (const stroke of this.strokes)
      for (let at = 0; at < Math.max(stroke.length - 3, 1); at += 3) this.segment(pens, stroke, at);
    if (this.cursor.shown) {
      const {x, y, down} = this.cursor;
      pens.strokeStyle = down ? "#E69F00" : "#56B4E9";
      pens.lineWidth = 2;
      pens.beginPath();
      pens.moveTo(x - 9, y);
      pens.lineTo(x + 9, y);
      pens.moveTo(x, y - 9);
      pens.lineTo(x, y + 9);
      pens.stroke();
    }
    this.sync();
  }

  sync() {
    const isEmpty = !this.strokes.length;
    for (const button of Object.values(this.buttons)) button.disabled = isEmpty;
  }
}

const clamp = (value) => Math.min(Math.max(value, 0), SIDE);
const round = (value) => Math.round(value * 10) / 10;
