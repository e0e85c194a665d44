/** What the page shows. Names come from people's data, so they are only ever set as text. */

import { content, record } from "imgcls/content.js";
import { percent } from "imgcls/percent.js";

const find = (id) => document.getElementById(id);
const MOST_BARS = 10;
const ALWAYS = " Unlike the app, this page also classifies images that are unlike anything in the training data.";

/** Sets the text of an element, if it differs: a screen reader reads what is set again. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** A new element with text and children. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The bars of the most probable classes. */
export function showBars(probabilities, chosen) {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]).slice(0, MOST_BARS);
  find("bars").replaceChildren(
    ...order.map((index) => {
      const name = content.classes[index];
      const isChosen = chosen.includes(name);
      const fill = make("div");
      fill.style.width = `${100 * probabilities[index]}%`;
      const row = make(
        "div",
        { className: isChosen ? "bar is-best" : "bar" },
        make("span", { textContent: isChosen ? `✓ ${name}` : name, title: name }),
        make("div", { className: "track" }, fill),
        make("span", { textContent: percent(probabilities[index]) }),
      );
      row.setAttribute("role", "listitem");
      return row;
    }),
  );
}

/** The pixels of the model's input, and what was done to get them. */
export function showInput(pixels, notes) {
  const [height, width, channels] = content.shape;
  const canvas = find("input").querySelector("canvas");
  [canvas.width, canvas.height] = [width, height];
  const shown = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) {
      shown.data[4 * i + channel] = pixels[i * channels + (channels === 3 ? channel : 0)];
    }
    shown.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(shown, 0, 0);
  find("input").hidden = false;
  text(find("notes"), notes.join(" "));
}

/** All that is known about the run. */
export function showScores() {
  const [first] = content.scores;
  text(find("summary"), `${content.data} · ${first.title.toLowerCase()} ${percent(first.value)}`);
  text(find("tested"), testedText());
  for (const score of content.scores) {
    const interval = `95% interval ${percent(score.low)} to ${percent(score.high)}`;
    const value = make("dd", { textContent: percent(score.value) }, make("small", { textContent: interval }));
    find("scores").append(make("div", {}, make("dt", { textContent: score.title }), value));
  }
  if (content.matrix) showMatrix();
  else if (content.errors.length) showErrors();
  if (content.mistakes.length) showMistakes();
  text(find("verified"), verifiedText());
}

function testedText() {
  const images = content.testImages.toLocaleString("en");
  const range = content.hasRange ? " This page reads 8-bit images only; the app also scales deeper ones." : "";
  const always = content.familiarity || content.isOfDigits || content.thresholds ? "" : ALWAYS;
  return `Measured in the app on ${images} test images, which the model had not seen in training.${range}${always}`;
}

function verifiedText() {
  if (!record) return "This page has not been compared with the app.";
  const score = record.accuracy ? ` Its accuracy there is ${percent(record.accuracy.value, 2)}.` : "";
  return (
    `Compared with the app on ${record.images.toLocaleString("en")} images: ${percent(record.identical, 2)} of the ` +
    `predictions are identical.${score} The weights are stored in 8 bits, so a probability differs by up to ` +
    `${percent(record.largest_difference, 1)}. Run by ${record.runtime}.`
  );
}

function showMatrix() {
  const { classes, matrix } = content;
  const head = make("tr", {}, make("td"), ...classes.map((name) => heading(name, "col")));
  const rows = matrix.map((counts, label) => {
    const total = counts.reduce((sum, count) => sum + count, 0) || 1;
    const cells = counts.map((count, predicted) => {
      const cell = make("td", { textContent: count.toLocaleString("en") });
      if (count) cell.className = label === predicted ? "is-right" : "is-wrong";
      cell.style.setProperty("--share", (label === predicted ? 0.3 : 0.5) * Math.sqrt(count / total));
      cell.title = `${classes[label]}, predicted as ${classes[predicted]}: ${count}`;
      return cell;
    });
    return make("tr", {}, heading(classes[label], "row"), ...cells);
  });
  const explained = "Rows: the true class. Columns: the prediction. On the diagonal: correct.";
  const caption = make("caption", {}, make("span", { textContent: explained }));
  const table = make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...rows));
  find("matrix").append(make("h3", { textContent: "Confusion matrix" }), scrolling(table, "Confusion matrix"));
}

function showErrors() {
  const head = make("tr", {}, ...["True", "Predicted", "Images"].map((name) => heading(name, "col")));
  const rows = content.errors.map((error) =>
    make("tr", {}, ...[error.true, error.predicted, error.images].map((value) => make("td", { textContent: value }))),
  );
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
  find("matrix").append(make("h3", { textContent: "Most frequent errors" }), scrolling(table, "Most frequent errors"));
}

function heading(name, scope) {
  return make("th", { textContent: name, scope });
}

function scrolling(table, label) {
  const box = make("div", { className: "scrolls", tabIndex: 0 }, table);
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  return box;
}

function showMistakes() {
  const figures = content.mistakes.map(({ image, true: truth, predicted, confidence }) => {
    const sure = confidence === null || confidence === undefined ? "" : ` (${percent(confidence)})`;
    const caption = `${truth || "none"}, predicted ${predicted || "none"}${sure}`;
    const picture = make("img", { src: image, alt: `Test image: ${truth || "no label"}` });
    return make("figure", {}, picture, make("figcaption", { textContent: caption }));
  });
  find("mistakes").append(
    make("h3", { textContent: "Worst mistakes" }),
    make("div", { className: "gallery" }, ...figures),
  );
}
