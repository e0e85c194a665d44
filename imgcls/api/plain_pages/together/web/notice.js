/** The line below the canvas: what to do, or what has become of the latest drawing. */

import { translated } from "./translated.js";
import { text } from "imgcls/views.js";

const notice = document.getElementById("notice");
const BRIEFLY = 6000;
let usual = notice.textContent; // what was said about the state of the class
let ends; // the timer of a message that goes away

/** Shows a message; it stays until the state of the class says something else. */
export function say(message, isProblem = false) {
  clearTimeout(ends);
  ends = 0;
  text(notice, message);
  notice.className = isProblem ? "is-problem" : "";
}

/** Shows what has become of a drawing; the drawing itself shows it for longer. */
export function sayBriefly(message) {
  say(message);
  ends = setTimeout(endBrief, BRIEFLY);
}

/** The message about the last drawing is over, such as when the next one begins. */
export function endBrief() {
  if (ends) say(usual);
}

/** A problem that is over as soon as the server answers again. */
export function sayAway({ message }) {
  usual = message;
  say(message, true);
}

/** What the state of the class asks for. `idle` is for when there is nothing: it replaces no message about a drawing. */
export function sayState({ mustJoin, isOpen, activity, canDraw, training }, idle) {
  const isMine = notice.textContent === usual;
  usual = idle;
  let isProblem = false;
  if (mustJoin) usual = translated("Enter your name to join the class.");
  else if (!isOpen && activity) usual = translated("Finished: nothing more is accepted. This page updates automatically.");
  else if (!isOpen) usual = translated("Nothing to do yet. This page updates automatically.");
  else if (!canDraw) {
    usual = translated("Your browser sends no cookie. Allow cookies for this site and reload the page.");
    isProblem = true;
  } else if (training?.length) {
    const parts = training.map(([part, values]) => translated(part, values));
    usual = [translated("The model is being trained."), ...parts].join(" ");
  }
  if (isMine || usual !== idle) say(usual, isProblem);
}
