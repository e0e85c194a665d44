/** Drawings on the projector: tiles that are tapped to hide them. A drawing's strokes arrive once and are kept here. */

import { thumbnail } from "./thumbnail.js";
import { translated } from "./translated.js";
import { content } from "imgcls/content.js";
import { percent } from "imgcls/percent.js";

const MOST = 600;
const SIDE = 320;
const strokesOf = new Map();

export const missing = { any: false };

/** The largest ID of which the strokes are here; 0 if some are missing. */
export function newest() {
  return missing.any ? 0 : Math.max(0, ...strokesOf.keys());
}

/** Keeps the strokes of drawings that have come. */
export function keep(drawings) {
  for (const { id, strokes } of drawings) if (strokes) strokesOf.set(id, strokes);
  missing.any = drawings.some(({ id }) => !strokesOf.has(id));
  for (const id of [...strokesOf.keys()].sort((a, b) => a - b)) {
    if (strokesOf.size <= MOST) break;
    strokesOf.delete(id);
  }
}

/**
 * Shows drawings in an element, as tiles that call `tap(drawing)`. Tiles that are there already are not made again.
 * With `hasConfidence`, a reading has its own below it. With `refuse`, each has a × that calls `refuse(drawing)`; `verb`, "Show: {name}", says to a screen reader what a tap does.
 */
export function showTiles(root, drawings, tap, { refuse = null, verb = "", hasConfidence = false } = {}) {
  const there = new Map([...root.children].map((tile) => [tile.dataset.key, tile]));
  const tiles = drawings
    .filter(({ id }) => strokesOf.has(id))
    .map((drawing) => {
      const key = `${drawing.id} ${drawing.predicted} ${drawing.isRemoved}`;
      return there.get(key) ?? item(drawing, key, tap, { refuse, verb, hasConfidence });
    });
  if (tiles.length !== root.children.length || tiles.some((tile, i) => tile !== root.children[i])) {
    root.replaceChildren(...tiles);
  }
}

function item(drawing, key, tap, { refuse, verb, hasConfidence }) {
  const shown = tile(drawing, tap, hasConfidence);
  if (verb) shown.setAttribute("aria-label", translated(verb, { name: shown.textContent }));
  if (!refuse) {
    shown.dataset.key = key;
    return shown;
  }
  const [box, button] = [document.createElement("div"), document.createElement("button")];
  box.className = "item";
  box.dataset.key = key;
  button.type = "button";
  button.className = "refuse";
  button.textContent = "×";
  button.setAttribute("aria-label", translated("Hide: {name}", { name: shown.querySelector("span").textContent }));
  button.onclick = () => refuse(drawing);
  box.append(shown, button);
  return box;
}

function tile(drawing, tap, hasConfidence) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `tile ${drawing.isWrong ? "is-wrong" : ""} ${drawing.isRejected ? "is-rejected" : ""} ${drawing.isRemoved ? "is-removed" : ""}`;
  button.onclick = () => tap(drawing);
  const name = caption(drawing);
  if (drawing.isLate) button.title = translated("It came after the training.");
  const text = document.createElement("span");
  const isRead = drawing.predicted !== null && drawing.label !== null;
  text.append(isRead ? `${drawing.isWrong ? "✕" : "✓"} ${name}` : name);
  if (drawing.isWrong) {
    const small = document.createElement("small");
    small.textContent = ` ${translated("not {name}", { name: drawing.label })}`;
    text.append(small);
  }
  if (hasConfidence && drawing.predicted !== null && drawing.confidence !== null) {
    const sure = document.createElement("small");
    sure.className = "confidence";
    sure.textContent = percent(drawing.confidence, 1);
    text.append(" ", sure);
  }
  button.append(picture(drawing, name), text);
  return button;
}

/** What a drawing is read as, or else what it is said to be. */
export function caption({ predicted, label, isRejected }) {
  if (isRejected) return translated("not a digit");
  return predicted ?? label ?? "–";
}

/** The drawing as a canvas. */
export function picture({ id, strokes }, name) {
  const alt = translated(content.hasPhotos ? "Photo: {name}" : "Drawing: {name}", { name });
  return thumbnail(strokes || strokesOf.get(id), SIDE, alt);
}
