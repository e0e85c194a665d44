// The speaker's screen: the present step with its notes. What the audience sees opens in another window, always the same.

const { address, steps, replays } = JSON.parse(document.getElementById("content").textContent);
const AUDIENCE = "imgcls-audience";
const byId = (id) => document.getElementById(id);
const entries = document.querySelectorAll("nav li button");
const addresses = new Map(); // of replays that were opened
let current = 0;

function show(index) {
  current = Math.min(Math.max(index, 0), steps.length - 1);
  const step = steps[current];
  byId("place").textContent = `Step ${current + 1} of ${steps.length}`;
  byId("title").textContent = step.title;
  byId("notes").textContent = step.notes;
  byId("target").textContent = step.page || (step.replay ? `Replay of ${step.replay}` : "Nothing to open.");
  byId("coming").textContent =
    current + 1 < steps.length ? `Next: ${steps[current + 1].title}` : "This is the last step.";
  byId("open").disabled = !step.page && !step.replay;
  byId("back").disabled = current === 0;
  byId("forward").disabled = current === steps.length - 1;
  entries.forEach((entry, place) => {
    if (place === current) {
      entry.setAttribute("aria-current", "step");
    } else {
      entry.removeAttribute("aria-current");
    }
  });
}

function addressOf(step) {
  if (step.page) {
    return address + step.page;
  }
  if (!addresses.has(step.replay)) {
    addresses.set(step.replay, URL.createObjectURL(new Blob([replays[step.replay]], { type: "text/html" })));
  }
  return addresses.get(step.replay);
}

function open() {
  const step = steps[current];
  if ((step.page || step.replay) && !window.open(addressOf(step), AUDIENCE)) {
    byId("target").textContent = "The browser blocked the window. Allow pop-ups for this page, then press Enter again.";
  }
}

const KEYS = {
  ArrowLeft: () => show(current - 1),
  ArrowUp: () => show(current - 1),
  PageUp: () => show(current - 1),
  ArrowRight: () => show(current + 1),
  ArrowDown: () => show(current + 1),
  PageDown: () => show(current + 1),
  Home: () => show(0),
  End: () => show(steps.length - 1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const isOnButton = event.target instanceof HTMLButtonElement;
  const act = event.key === "Enter" && !isOnButton ? open : KEYS[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

function onClick(button, act) {
  button.addEventListener("click", (event) => {
    act();
    if (event.detail > 0) {
      button.blur(); // after a click with a pointer, Enter opens the step again
    }
  });
}

entries.forEach((entry, index) => {
  onClick(entry, () => show(index));
});
onClick(byId("open"), open);
onClick(byId("back"), KEYS.ArrowLeft);
onClick(byId("forward"), KEYS.ArrowRight);
show(0);
