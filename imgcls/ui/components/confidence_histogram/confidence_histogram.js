/* A histogram of the confidence: correct and incorrect predictions in bins, each a button. The axis of counts is
logarithmic, so that a few errors remain visible beside many correct predictions. */

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".confidence");
  const [bars, scale, tip] = ["bars", "scale", "tip"].map((part) => root.querySelector(`.${part}`));
  const { correct, incorrect, chosen } = JSON.parse(data);
  const width = 100 / correct.length;
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...correct, ...incorrect, 1) + 1)));
  // A single image still gets a bar, a tenth of a decade high.
  const high = (count) => (count ? (100 * (Math.log10(count) + 0.1)) / (decades + 0.1) : 0);
  while (bars.children.length < correct.length) {
    const bar = Object.assign(document.createElement("button"), { type: "button" });
    bar.innerHTML = '<i class="correct"></i><i class="incorrect"></i>';
    bars.append(bar);
  }
  bars.classList.toggle("some", Boolean(chosen));
  [...bars.children].forEach((bar, at) => {
    const range = [at * width, (at + 1) * width].map(Math.round);
    const isWithin = Boolean(chosen) && range[0] >= chosen[0] && range[1] <= chosen[1];
    const words = `confidence ${range[0]}–${range[1]}%: ${count(correct[at])} correct, ${count(incorrect[at])} incorrect`;
    bar.setAttribute("aria-label", words);
    bar.setAttribute("aria-pressed", isWithin);
    for (const [side, counts] of [correct, incorrect].entries())
      bar.children[side].style.height = `${high(counts[at])}%`;
    bar.onclick = () => setTriggerValue("bar", { range: String(range) === String(chosen) ? null : range });
    bar.onpointerenter = bar.onfocus = () => {
      tip.hidden = false;
      tip.textContent = words;
      const middle = bar.offsetLeft + bars.offsetLeft + bar.offsetWidth / 2 - tip.offsetWidth / 2;
      tip.style.left = `${Math.max(0, Math.min(root.offsetWidth - tip.offsetWidth, middle))}px`;
    };
    bar.onpointerleave = bar.onblur = () => (tip.hidden = true);
  });
  const powers = Array.from({ length: decades + 1 }, (_, power) => power);
  scale.innerHTML = powers
    .map((power) => `<span style="bottom:${high(10 ** power)}%">${count(10 ** power)}</span>`)
    .join("");
  const lines = powers.map(
    (power) =>
      `linear-gradient(rgba(128,128,128,.18),rgba(128,128,128,.18)) 0 ${100 - high(10 ** power)}% / 100% 1px no-repeat`,
  );
  bars.style.setProperty("--lines", lines.join(","));
}

function count(number) {
  return number.toLocaleString("en");
}
