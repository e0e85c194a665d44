/** What the projector shows of a collection: the classes, the training, and the writers. */

import { ask } from "../asking.js";
import { keep, showTiles } from "../tiles.js";
import { translated } from "../translated.js";
import { showWriters } from "./writers.js";
import { content } from "imgcls/content.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const TEXTS = content.hasPhotos
  ? {
      look: "Look through the photos of {name}",
      title: "Photos of {name}",
      again: "Train again with all photos",
      late: "1 photo came after the training. Train again to learn from it.",
      lateOnes: "{count} photos came after the training. Train again to learn from them.",
    }
  : {
      look: "Look through the drawings of {name}",
      title: "Drawings of {name}",
      again: "Train again with all drawings",
      late: "1 drawing came after the training. Train again to learn from it.",
      lateOnes: "{count} drawings came after the training. Train again to learn from them.",
    };
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
      button.title = translated(TEXTS.look, { name });
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
    text(dialog.querySelector("h2"), translated(TEXTS.title, { name: content.classes[label] }));
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

function showTraining({ progress, late, lacking }, page) {
  const isBusy = Boolean(progress?.text) && progress.state !== "failed";
  find("training").hidden = false;
  find("train").disabled = isBusy || lacking !== "";
  text(find("train"), translated(progress?.state === "finished" ? TEXTS.again : "Train the model"));
  let line = "";
  if (progress?.text) line = progress.text;
  else if (progress?.state === "finished" && late) line = translated(late === 1 ? TEXTS.late : TEXTS.lateOnes, { count: late });
  else line = lacking;
  text(find("progress"), line);
  const share = progress?.share ?? null;
  find("done").hidden = share === null;
  if (share !== null) find("done").value = share;
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
