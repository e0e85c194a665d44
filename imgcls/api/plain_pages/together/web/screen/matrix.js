/** A confusion matrix that is read from the back row. */

import { translated } from "../translated.js";
import { content } from "imgcls/content.js";

const ROOM = { wall: 17, collection: 15 }; // rem: the height of the whole matrix

/** Shows counts, rows: what the writers said; columns: what the model read. */
export function showMatrix(root, classes, counts) {
  const table = document.createElement("table");
  root.style.setProperty("--cell", `${Math.min(ROOM[content.kind] / (classes.length + 1), 2.2)}rem`);
  table.append(caption(), row([heading(""), ...classes.map(heading)]));
  counts.forEach((numbers, label) => {
    const total = numbers.reduce((sum, count) => sum + count, 0) || 1;
    const cells = numbers.map((count, predicted) => {
      const cell = document.createElement("td");
      const share = count / total;
      if (count) {
        cell.textContent = classes.length > 16 ? "" : count;
        cell.className = `${label === predicted ? "is-right" : "is-wrong"} ${share > 0.45 ? "is-strong" : ""}`;
        cell.style.setProperty("--share", `${Math.round(25 + 75 * share)}%`);
      }
      const names = { label: classes[label], name: classes[predicted], count };
      cell.title = translated("{label}, read as {name}: {count}", names);
      return cell;
    });
    table.append(row([heading(classes[label]), ...cells]));
  });
  root.replaceChildren(table);
}

function caption() {
  const element = document.createElement("caption");
  element.textContent = translated("Rows: what was drawn. Columns: what the model reads.");
  return element;
}

function row(cells) {
  const element = document.createElement("tr");
  element.append(...cells);
  return element;
}

function heading(name) {
  const element = document.createElement("th");
  element.textContent = name;
  element.title = name;
  return element;
}
