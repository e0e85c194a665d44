/** The writers of a collection, all of them: in one table, or in two or three beside each other. */

import { translated } from "../translated.js";
import { content } from "imgcls/content.js";
import { percent } from "imgcls/percent.js";

const find = (id) => document.getElementById(id);
const WHAT = content.hasPhotos ? "Photos" : "Drawings";
const ROWS = { alone: 11, before: 15, after: 9 }; // that fit below each other, with large type if they are alone
const MOST_BESIDE = 3;

const COLUMNS = {
  Name: ({ name }) => name,
  [WHAT]: ({ drawings }) => drawings,
  Misread: ({ known, wrong }) => (known ? translated("{wrong} of {known}", { wrong, known }) : "–"),
  Distance: ({ distance }) => (distance === null ? "–" : distance.toFixed(2)),
};

/** Shows everybody: by name while drawings are collected, then whose writing is furthest from the rest first. */
export function showWriters({ writers, others, accuracy }) {
  const root = find("writers");
  if (accuracy && root.parentElement.id !== "drawn") find("drawn").append(root, find("writers-note"));
  root.hidden = !writers.length;
  const look = JSON.stringify([writers, others, Boolean(accuracy)]);
  if (root.dataset.look === look) return;
  root.dataset.look = look;
  const rows = accuracy ? ROWS.after : writers.length > ROWS.alone ? ROWS.before : ROWS.alone;
  const beside = Math.min(Math.ceil(writers.length / rows), MOST_BESIDE);
  const each = Math.ceil(writers.length / beside);
  const hasDistance = writers.some(({ distance }) => distance !== null); // it needs three writers
  const columns = columnsFor(beside, Boolean(accuracy)).filter((name) => name !== "Distance" || hasDistance);
  find("writers-note").hidden = !columns.includes("Distance");
  const listed = accuracy ? writers : [...writers].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  root.className = `beside-${beside}`;
  root.replaceChildren(
    ...Array.from({ length: beside }, (_, part) => table(listed.slice(part * each, (part + 1) * each), columns)),
  );
  if (others) root.append(more(others));
}

/** Beside each other there is room for what matters most: how many drawings before, how well they are read after. */
function columnsFor(beside, isTrained) {
  if (beside === 1) return Object.keys(COLUMNS);
  return isTrained ? ["Name", "Misread", "Distance"] : ["Name", WHAT];
}

function table(writers, columns) {
  const [made, body] = [document.createElement("table"), document.createElement("tbody")];
  const head = row(
    "th",
    columns.map((name) => translated(name)),
  );
  for (const cell of head.children) cell.scope = "col";
  const top = document.createElement("thead");
  top.className = columns.length > 2 ? "" : "is-plain";
  top.append(head);
  body.append(...writers.map((writer) => rowOf(writer, columns)));
  made.append(top, body);
  return made;
}

function rowOf(writer, columns) {
  const made = row(
    "td",
    columns.map((name) => COLUMNS[name](writer)),
  );
  made.firstElementChild.dir = "auto";
  const { name, known, wrong } = writer;
  made.title = known ? translated("{name}: {share} misread", { name, share: percent(wrong / known, 0) }) : name;
  return made;
}

function row(tag, values) {
  const made = document.createElement("tr");
  for (const value of values) {
    const cell = document.createElement(tag);
    cell.textContent = value;
    made.append(cell);
  }
  return made;
}

function more(others) {
  const made = document.createElement("p");
  made.textContent = translated("and {count} more", { count: others });
  return made;
}
