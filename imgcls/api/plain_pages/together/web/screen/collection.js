/** What the projector shows of a collection: the classes, the training, and the writers. */

import { ask } from "../asking.js";
import { keep, showTiles } from "../tiles.js";
import { showWriters } from "./writers.js";
import { content } from "imgcls/content.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const WHAT = content.hasPhotos ? "photos" : "drawings";
const FEWEST = 3;
const FULL = 40; // drawings that fill the bar of a class, or as many as the largest class has

/** Shows the state of a collection; `page` has what the page offers. */
export function showCollection(state, page) {
  showCounts(state.counts, page);
  showTraining(state, page);
  showWriters(state);
}

function showCounts(counts, page) {
  const most = Math.max(FULL, ...counts);
  const look = counts.join();
  if (find("counts").dataset.look === look) return;
  find("counts").dataset.look = look;
  find("counts").hidden = false;
  find("counts").replaceChildren(
    ...content.classes.map((name, label) => {
      const button = document.createElement("button");
      const [title, count] = [document.createElement("b"), document.createElement("span")];
      title.textContent = name;
      count.textContent = counts[label];
      button.type = "button";
      button.title = `Look through the ${WHAT} of ${name}`;
      button.style.setProperty("--share", `${(100 * counts[label]) / most}%`);
      button.append(title, count);
      button.onclick = () => openClass(label, page);
      return button;
    }),
  );
}

async function openClass(label, page) {
  const dialog = find("class");
  try {
    const { drawings } = await ask(`class/${label}`);
    text(dialog.querySelector("h2"), `${content.hasPhotos ? "Photos" : "Drawings"} of ${content.classes[label]}`);
    keep(drawings);
    showTiles(dialog.querySelector("div"), drawings, async ({ id, isRemoved }) => {
      try {
        await ask("moderate", { method: "POST", body: { id, isShown: isRemoved } });
        await openClass(label, page);
        await page.refresh();
      } catch (error) {
        page.toast(error.message);
      }
    });
    if (!dialog.open) dialog.showModal();
  } catch (error) {
    page.toast(error.message);
  }
}

function lateText(late) {
  const [what, it] = late === 1 ? [WHAT.slice(0, -1), "it"] : [WHAT, "them"];
  return `${late} ${what} came after the training. Train again to learn from ${it}.`;
}

function showTraining({ counts, progress, late }, page) {
  const short = content.classes.filter((_, label) => counts[label] < FEWEST);
  const isBusy = Boolean(progress?.text) && progress.state !== "failed";
  find("training").hidden = false;
  find("train").disabled = isBusy || short.length > 0;
  text(find("train"), progress?.state === "finished" ? `Train again with all ${WHAT}` : "Train the model");
  let line = "";
  if (progress?.text) line = progress.text;
  else if (progress?.state === "finished" && late) line = lateText(late);
  else if (short.length) line = `At least ${FEWEST} ${WHAT} of each: ${short.slice(0, 8).join(", ")}${short.length > 8 ? " …" : ""}`;
  text(find("progress"), line);
  find("train").onclick = async () => {
    find("train").disabled = true;
    try {
      await ask("train", { method: "POST", body: {} });
      await page.refresh();
    } catch (error) {
      page.toast(error.message);
    }
  };
}
