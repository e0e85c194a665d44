/** Scrolls to a control once, as soon as it is on the page. `data`: the selector, and the occasion. */

const PATIENCE_MS = 20_000;
const PAUSE_MS = 250;
const NAVIGATION = 64;
const ENOUGH = 0.9;
const ENOUGH_PX = 24;
const FOCUS_MS = 3000;
const NEXT = "[class*='st-key-lesson-next-']";
let last = "";
let most = 0; // of its elements that were there
let wasOnNext = false;
let kept = ""; // the cookie set last: another tab may have changed it since

addEventListener("focusin", ({ target }) => {
  wasOnNext = Boolean(target.closest(NEXT));
});

/** The part of the window that neither the navigation nor a bar at the bottom covers: [top, bottom]. */
function room() {
  const bar = document.querySelector(".st-key-lesson")?.getBoundingClientRect();
  return [NAVIGATION, bar && bar.width > innerWidth / 2 ? bar.top : innerHeight];
}

/** The part of the window in which a row that scrolls shows an element: [left, right]. */
function span(element) {
  for (let row = element.parentElement; row; row = row.parentElement) {
    if (row.scrollWidth > row.clientWidth && /auto|scroll/.test(getComputedStyle(row).overflowX)) {
      const { left, right } = row.getBoundingClientRect();
      return [Math.max(0, left), Math.min(innerWidth, right)];
    }
  }
  return [0, innerWidth];
}

/** From the top of the first element to the bottom of the last one. */
function extent(elements) {
  const boxes = elements.map((element) => element.getBoundingClientRect());
  const [top, bottom] = [Math.min(...boxes.map((box) => box.top)), Math.max(...boxes.map((box) => box.bottom))];
  const isWithin = elements.every((element, at) => {
    const [left, right] = span(element);
    return boxes[at].left >= left - 1 && boxes[at].right <= right + 1;
  });
  return { top, bottom, height: bottom - top, isWithin };
}

function isVisible({ top, bottom, height, isWithin }) {
  if (!isWithin) return false; // such as the tab at the end of a row that scrolls
  const [high, low] = room();
  return Math.min(bottom, low) - Math.max(top, high) >= ENOUGH * Math.min(height, low - high);
}

/** Whether as much as possible of all is visible, and always those named first: Start may be far from a setting. */
function isInView(elements, chief) {
  return isVisible(extent(elements)) && isVisible(extent(chief));
}

/** All of them if they fit, or else those named first; if these are above the others, to the top. */
function scrollTo(all, chief) {
  const [high, low] = room();
  const isTooTall = extent(all).height > low - high && extent(chief).top > extent(all).top;
  const elements = isTooTall ? chief : all;
  const whole = extent(elements);
  const isTall = whole.height > low - high;
  const isBelow = whole.bottom > low;
  const boxes = elements.map((element) => [element, element.getBoundingClientRect()]);
  const edge = isTall || !isBelow ? ([, box]) => box.top === whole.top : ([, box]) => box.bottom === whole.bottom;
  const [element] = boxes.find(edge);
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.style.scrollMarginTop = `${NAVIGATION + 16}px`;
  element.style.scrollMarginInline = "8px";
  element.style.scrollMarginBottom = `${innerHeight - low + 16}px`;
  element.scrollIntoView({ block: isTall ? "start" : "nearest", behavior: isCalm ? "auto" : "smooth" });
}

/** What a new page shows under the resting mouse was not pointed at: its tooltip stays hidden until the mouse moves. */
function hideTooltips() {
  let from = null;
  document.body.classList.add("mouse-rests");
  const moved = ({ screenX, screenY }) => {
    from ??= [screenX, screenY];
    if (Math.hypot(screenX - from[0], screenY - from[1]) < ENOUGH_PX) return;
    document.body.classList.remove("mouse-rests");
    removeEventListener("pointermove", moved);
  };
  addEventListener("pointermove", moved);
}

/** Each step has buttons of its own: whoever pressed Next with the keyboard goes on with that of the new step. */
function keepFocus(end) {
  if (!wasOnNext || performance.now() > end) return;
  const next = document.querySelector(`${NEXT} button`);
  if (document.activeElement === document.body && next) {
    next.focus({ preventScroll: true });
  } else {
    setTimeout(keepFocus, PAUSE_MS, end);
  }
}

/** The elements of a selector that are not in a closed section. */
function found(selector) {
  const all = selector ? [...document.querySelectorAll(selector)] : [];
  return all.filter((element) => element.getClientRects().length);
}

/** Of a list of selectors, those elements that the first one with any has. */
function chiefOf(selector) {
  return (
    selector
      .split(",")
      .map(found)
      .find((elements) => elements.length) ?? []
  );
}

export default function ({ data }) {
  const { selector, occasion, cookie } = data;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS, which a classroom may not have
  if (cookie && cookie !== kept) document.cookie = `${cookie};path=/;samesite=lax`;
  kept = cookie || kept;
  if (!occasion) return;
  const count = found(selector).length;
  const isMore = occasion === last && count > most; // such as the canvas that a choice opens
  if (occasion === last && !isMore) return;
  most = count;
  last = occasion;
  if (!isMore) hideTooltips();
  keepFocus(performance.now() + FOCUS_MS);
  const end = performance.now() + PATIENCE_MS;
  let before = null;
  const look = () => {
    if (occasion !== last || performance.now() > end) return;
    const all = found(selector);
    most = Math.max(most, all.length);
    const place = all.length ? `${extent(all).top} ${extent(all).bottom} ${room()}` : null;
    const rests = place !== null && place === before; // what loads moves it or makes it larger, and the bar grows
    before = place;
    if (!rests) {
      setTimeout(look, PAUSE_MS);
    } else if (!isInView(all, chiefOf(selector))) {
      scrollTo(all, chiefOf(selector));
    }
  };
  look();
}
