/** The rows of the leaderboard: a row stays the same element for one person, so that it moves when places change. */

import { translated } from "../../translated.js";
import { percent } from "imgcls/percent.js";
import { text } from "imgcls/views.js";

const MOVE = { duration: 700, easing: "cubic-bezier(0.3, 0, 0.2, 1)" };
const STARTS = [0.9, 0.8, 0.5, 0]; // the bars begin at the first that all scores are above
const SPARE = 0.02; // of a bar, so that it is visible
const HIDES = 0.75;

function element(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

/** What the bars begin at, so that all of `lines` and the goal are visible: the axis says it. */
export function startOf(lines, goal) {
  const least = Math.min(...lines.map(({ value, low }) => low ?? value), goal ?? 1);
  return STARTS.find((start) => least >= start + SPARE) ?? 0;
}

function share(value, start) {
  return `${100 * Math.min(Math.max((value - start) / (1 - start), 0), 1)}%`;
}

/** Where the line of the goal is, and what the bars begin and end at. */
export function showAxis(root, start, goal) {
  root.hidden = false;
  const [first, line, last] = root.children;
  text(first, percent(start, 0));
  text(last, percent(1, 0));
  for (const [label, value] of [[first, start], [line, goal ?? start], [last, 1]]) {
    label.style.setProperty("--at", share(value, start));
  }
  line.hidden = goal === null;
  last.hidden = goal !== null && (goal - start) / (1 - start) > HIDES; // the goal's own number is there
  first.hidden = goal !== null && (goal - start) / (1 - start) < 1 - HIDES;
  if (goal === null) return;
  text(line, translated("goal {goal}", { goal: percent(goal, Number.isInteger(+(100 * goal).toFixed(6)) ? 0 : 1) }));
}

function made(key) {
  const row = element("li", "");
  row.dataset.key = key;
  const bar = element("span", "bar");
  bar.setAttribute("aria-hidden", "true"); // the score and the interval are in words
  bar.append(element("i", "fill"), element("i", "whisker"), element("i", "goal"));
  row.append(element("span", "place"), element("span", "name"), bar, element("span", "mark"));
  row.append(element("span", "score"), element("span", "interval"));
  row.children[1].dir = "auto";
  return row;
}

function fill(row, { rank, name, score, interval, value, low, high, is_met, has_medal, remark }, { longest, start, goal }) {
  const [place, who, bar, mark, number, range] = row.children;
  row.className = has_medal ? `medal-${rank}` : "";
  text(place, `${rank}.`);
  who.className = [...name].length > longest ? "name is-long" : "name";
  text(who, name);
  mark.className = is_met ? "mark" : "mark is-remark";
  text(mark, is_met ? "✓" : remark);
  if (is_met) {
    mark.title = translated("goal met");
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", translated("goal met"));
  } else for (const attribute of ["title", "role", "aria-label"]) mark.removeAttribute(attribute);
  text(number, score);
  text(range, interval);
  bar.classList.toggle("is-met", Boolean(is_met));
  bar.style.setProperty("--value", share(value, start));
  bar.style.setProperty("--low", share(low ?? value, start));
  bar.style.setProperty("--high", share(high ?? value, start));
  bar.classList.toggle("has-goal", goal !== null);
  bar.style.setProperty("--goal", share(goal ?? 0, start));
}

/** Shows `lines` in a list: who was there keeps the row, and it moves to its new place, if motion is wanted. */
export function showRows(root, lines, look) {
  const there = new Map([...root.children].map((row) => [row.dataset.key, row]));
  const before = new Map([...there].map(([key, row]) => [key, row.getBoundingClientRect()]));
  const rows = lines.map((line) => there.get(line.key) ?? made(line.key));
  rows.forEach((row, number) => fill(row, lines[number], look));
  root.replaceChildren(...rows);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return rows;
  for (const row of rows) {
    const from = before.get(row.dataset.key);
    if (!from) continue;
    const to = row.getBoundingClientRect();
    const [right, down] = [from.left - to.left, from.top - to.top];
    if (right || down) row.animate([{ transform: `translate(${right}px, ${down}px)` }, { transform: "none" }], MOVE);
  }
  return rows;
}
