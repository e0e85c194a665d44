/* Bars of how sure the model was: right and wrong answers in steps, each step a button. The axis of counts is
logarithmic: else the many sure and right answers would leave nothing to be seen of the wrong ones. */

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".certainty");
  const [bars, scale, tip] = ["bars", "scale", "tip"].map((part) => root.querySelector(`.${part}`));
  const { right, wrong, chosen } = JSON.parse(data);
  const width = 100 / right.length;
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...right, ...wrong, 1) + 1)));
  // A single picture is still a bar of a tenth of a decade.
  const high = (count) => (count ? (100 * (Math.log10(count) + 0.1)) / (decades + 0.1) : 0);
  while (bars.children.length < right.length) {
    const step = Object.assign(document.createElement("button"), { type: "button" });
    step.innerHTML = '<i class="right"></i><i class="wrong"></i>';
    bars.append(step);
  }
  bars.classList.toggle("some", Boolean(chosen));
  [...bars.children].forEach((step, at) => {
    const range = [at * width, (at + 1) * width].map(Math.round);
    const isWithin = Boolean(chosen) && range[0] >= chosen[0] && range[1] <= chosen[1];
    const words = `${range[0]} to ${range[1]}% sure: ${count(right[at])} right, ${count(wrong[at])} wrong`;
    step.setAttribute("aria-label", words);
    step.setAttribute("aria-pressed", isWithin);
    for (const [side, counts] of [right, wrong].entries()) step.children[side].style.height = `${high(counts[at])}%`;
    step.onclick = () => setTriggerValue("step", { range: String(range) === String(chosen) ? null : range });
    step.onpointerenter = step.onfocus = () => {
      tip.hidden = false;
      tip.textContent = words;
      const middle = step.offsetLeft + bars.offsetLeft + step.offsetWidth / 2 - tip.offsetWidth / 2;
      tip.style.left = `${Math.max(0, Math.min(root.offsetWidth - tip.offsetWidth, middle))}px`;
    };
    step.onpointerleave = step.onblur = () => (tip.hidden = true);
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
