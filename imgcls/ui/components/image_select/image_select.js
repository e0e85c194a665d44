/**
 * Selecting images of a gallery: click, Shift+click for a range, drag over several; with the keyboard, arrow keys move
 * (with Shift they select), Space selects, Ctrl+A selects all, Escape none. Where one image is always selected, a click
 * or an arrow key selects another.
 *
 * The page sends the images as HTML, so that they are there at once and the same everywhere; this makes their buttons
 * work. The browser knows best what is selected, until the server puts a selection there: then the edition changes.
 */

const FAR = 6; // px: a pointer that moved less has clicked
const selections = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  let selection = selections.get(parentElement);
  if (!selection) {
    selection = new Selection(data.gallery);
    selections.set(parentElement, selection);
  }
  selection.tell = (message) => setStateValue("chosen", message);
  selection.update(data);
  return () => {
    selection.end();
    selections.delete(parentElement);
  };
}

class Selection {
  constructor(name) {
    this.name = name;
    this.chosen = new Set();
    this.edition = null;
    this.anchor = 0; // where a range begins
    this.at = 0; // the image that Tab reaches
    this.listeners = new AbortController();
    const options = { signal: this.listeners.signal };
    document.addEventListener("pointerdown", (event) => this.press(event), options);
    document.addEventListener("pointermove", (event) => this.move(event), options);
    document.addEventListener("pointerup", (event) => this.lift(event), options);
    document.addEventListener("pointercancel", () => this.stop(), options);
    document.addEventListener("click", (event) => this.click(event), { ...options, capture: true });
    document.addEventListener("keydown", (event) => this.key(event), options);
    document.addEventListener("dragstart", (event) => this.inside(event) && event.preventDefault(), options);
    // After an edit the page sends other HTML.
    this.observer = new MutationObserver(() => this.gallery()?.dataset.ready === undefined && this.paint());
    this.observer.observe(document.body, { childList: true, subtree: true });
  }

  end() {
    this.stop();
    this.listeners.abort();
    this.observer.disconnect();
  }

  update(data) {
    this.isSingle = data.isSingle;
    if (this.edition !== data.edition) {
      this.edition = data.edition;
      this.chosen = new Set(data.selected);
      if (this.isSingle) this.at = Math.max(0, this.values().indexOf(data.selected[0]));
    }
    this.paint();
  }

  gallery() {
    return document.querySelector(`[data-select="${CSS.escape(this.name)}"]`);
  }

  buttons() {
    return [...(this.gallery()?.querySelectorAll("button[data-value]") || [])];
  }

  values() {
    return this.buttons().map((button) => Number(button.dataset.value));
  }

  inside(event) {
    return event.target.closest?.("[data-select]")?.dataset.select === this.name;
  }

  /** `over`: what the frame that is being drawn would add. */
  paint(over = []) {
    const gallery = this.gallery();
    if (!gallery) return;
    gallery.dataset.ready = "";
    this.buttons().forEach((button, place) => {
      const value = Number(button.dataset.value);
      button.setAttribute("aria-pressed", this.chosen.has(value) || over.includes(value));
      button.tabIndex = place === this.at ? 0 : -1;
    });
  }

  change(values) {
    this.chosen = new Set(values);
    this.paint();
    this.tell({ edition: this.edition, values: [...this.chosen] });
  }

  range(from, to) {
    return this.values().slice(Math.min(from, to), Math.max(from, to) + 1);
  }

  // ---- mouse, pen and finger

  click(event) {
    if (this.wasDrag) {
      this.wasDrag = false;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const button = this.inside(event) && event.target.closest("button[data-value]");
    if (!button) return;
    const place = this.buttons().indexOf(button);
    const value = Number(button.dataset.value);
    this.at = place;
    if (this.isSingle) {
      this.change([value]);
      return;
    }
    if (event.shiftKey) {
      this.change([...this.chosen, ...this.range(this.anchor, place)]);
      return;
    }
    this.anchor = place;
    const others = [...this.chosen].filter((one) => one !== value);
    this.change(this.chosen.has(value) ? others : [...others, value]);
  }

  press(event) {
    this.wasDrag = false;
    // A finger scrolls the page; text below an image can be selected and copied.
    if (this.isSingle || event.button || event.pointerType === "touch" || !this.inside(event)) return;
    if (event.target.closest("figcaption, a")) return;
    this.start = [event.clientX, event.clientY];
  }

  move(event) {
    if (!this.start) return;
    const [x, y] = this.start;
    if (!this.frame) {
      if (Math.hypot(event.clientX - x, event.clientY - y) < FAR) return;
      this.frame = document.body.appendChild(document.createElement("div"));
      this.frame.className = "select-frame";
    }
    event.preventDefault();
    getSelection()?.removeAllRanges();
    const [left, right] = [x, event.clientX].sort((a, b) => a - b);
    const [top, bottom] = [y, event.clientY].sort((a, b) => a - b);
    Object.assign(this.frame.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${right - left}px`,
      height: `${bottom - top}px`,
    });
    this.over = this.buttons()
      .filter((button) => {
        const box = button.getBoundingClientRect();
        return box.left < right && box.right > left && box.top < bottom && box.bottom > top;
      })
      .map((button) => Number(button.dataset.value));
    this.paint(this.over);
  }

  lift() {
    if (this.frame) {
      this.wasDrag = true; // the click that follows is not one
      setTimeout(() => (this.wasDrag = false));
      this.change([...this.chosen, ...this.over]);
    }
    this.stop();
  }

  stop() {
    this.start = undefined;
    this.frame?.remove();
    this.frame = undefined;
  }

  // ---- keyboard

  key(event) {
    const button = this.inside(event) && event.target.closest("button[data-value]");
    if (!button) return;
    const buttons = this.buttons();
    const place = buttons.indexOf(button);
    const isAll = (event.ctrlKey || event.metaKey) && event.key === "a";
    if (isAll || event.key === "Escape") {
      if (!this.isSingle) this.change(isAll ? this.values() : []);
    } else {
      const to = target(buttons, place, event.key);
      if (to === undefined) return;
      this.at = to;
      buttons[to].focus();
      if (this.isSingle) this.change([this.values()[to]]);
      else if (event.shiftKey) this.change([...this.chosen, ...this.range(place, to)]);
      else this.anchor = to;
      this.paint();
    }
    event.preventDefault();
  }
}

/** Where a key leads from a place; undefined if it leads nowhere. */
function target(buttons, place, key) {
  const last = buttons.length - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const isForward = (key === "ArrowRight") === (getComputedStyle(buttons[place]).direction === "ltr");
    return Math.min(Math.max(place + (isForward ? 1 : -1), 0), last);
  }
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const boxes = buttons.map((button) => button.getBoundingClientRect());
  const { left, top } = boxes[place];
  const sign = key === "ArrowDown" ? 1 : -1;
  const beyond = boxes.map((box, at) => [at, sign * (box.top - top), Math.abs(box.left - left)]);
  const nearest = beyond.filter(([, down]) => down > 1).sort((a, b) => a[1] - b[1] || a[2] - b[2]);
  return nearest.length ? nearest[0][0] : place;
}
