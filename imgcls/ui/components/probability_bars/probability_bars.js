/* The answer in large letters and the probabilities as bars. Bars keep their elements, so that they move and do not
jump; and who asked is told that the answer is there. */

const shown = new WeakMap(); // by the element of the bars: the names in their rows, while one thing is drawn

export default function ({parentElement, data}) {
  const root = parentElement.querySelector(".reply");
  const {answer, doubt, words, told, edition, number} = data;
  const large = root.querySelector(".large");
  const title = doubt || (answer ?? data.todo);
  if (large.textContent !== title) large.textContent = title;
  large.className = `large ${doubt ? "doubt" : answer === null ? "todo" : "answer"} ${title.length > 3 ? "long" : ""}`;
  root.querySelector(".sure").textContent = words;
  const bars = root.querySelector(".bars");
  bars.classList.toggle("dim", Boolean(doubt));
  bars.setAttribute("aria-label", told);
  const isDrawing = number !== undefined && answer !== null;
  const rows = isDrawing ? inPlace(data.rows, shown.get(bars) ?? []) : data.rows;
  shown.set(bars, isDrawing ? rows.map(({name}) => name) : []);
  while (bars.children.length > rows.length) bars.lastChild.remove();
  rows.forEach(({name, share, best}, place) => {
    let row = bars.children[place];
    if (!row) {
      row = document.createElement("div");
      row.innerHTML = "<span></span><i><u></u></i><em></em>";
      bars.append(row);
    }
    const [title, bar, number] = row.children;
    if (title.textContent !== name) title.textContent = title.title = name;
    row.classList.toggle("best", best);
    bar.firstChild.style.width = `${100 * share}%`;
    number.textContent = answer === null ? "" : `${(100 * share).toFixed(1)}%`;
  });
  const picture = root.querySelector(".seen img");
  root.querySelector(".seen").hidden = !data.seen;
  if (data.seen) {
    if (picture.src !== data.seen.source) picture.src = data.seen.source;
    picture.alt = data.seen.alt;
    const notes = root.querySelector(".notes");
    const lines = data.seen.lines.join("\n");
    if (notes.dataset.lines !== lines) {
      notes.dataset.lines = lines;
      const paragraph = (line) => Object.assign(document.createElement("p"), {textContent: line});
      notes.replaceChildren(...data.seen.lines.map(paragraph));
    }
  }
  const said = doubt ? "?" : answer ?? "";
  dispatchEvent(new CustomEvent("imgcls-said", {detail: said}));
  if (number !== undefined) {
    const detail = {edition, number, said};
    dispatchEvent(new CustomEvent("imgcls-answered", {detail}));
    // Two frames later it is painted, which only a stopwatch wants to know.
    const painted = () => dispatchEvent(new CustomEvent("imgcls-painted", {detail}));
    requestAnimationFrame(() => requestAnimationFrame(painted));
  }
}

/* The rows in another order: a class that had one keeps it, and a newcomer takes that of one which left. */
function inPlace(rows, names) {
  const left = [...rows];
  const kept = rows.map((_, place) => {
    const at = left.findIndex((row) => row.name === names[place]);
    return at < 0 ? null : left.splice(at, 1)[0];
  });
  return kept.map((row) => row ?? left.shift());
}
