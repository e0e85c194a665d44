/** A square over an image that can be moved and resized with pointer and keyboard; reports where it is. */

const INTERVAL = 120; // ms between two messages while it moves
const crops = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let crop = crops.get(parentElement);
  if (!crop) {
    crop = createCrop(parentElement);
    crops.set(parentElement, crop);
  }
  crop.send = (box) => setStateValue("box", box);
  crop.show(data);
  return () => {
    clearTimeout(crop.timer);
    crops.delete(parentElement);
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function createCrop(root) {
  const field = root.querySelector(".field");
  const image = root.querySelector("img");
  const square = root.querySelector(".square");
  const size = root.querySelector("input");
  const crop = { box: null, url: "", timer: 0, sentAt: 0, send: () => {} };

  function limits() {
    const { width, height } = crop;
    const side = crop.box.side * Math.min(width, height);
    return { x: 1 - side / width, y: 1 - side / height, wide: side / width, high: side / height };
  }

  function place() {
    const most = limits();
    crop.box.x = clamp(crop.box.x, 0, Math.max(0, most.x));
    crop.box.y = clamp(crop.box.y, 0, Math.max(0, most.y));
    square.style.left = `${100 * crop.box.x}%`;
    square.style.top = `${100 * crop.box.y}%`;
    square.style.width = `${100 * most.wide}%`;
    square.style.height = `${100 * most.high}%`;
    size.value = Math.round(100 * crop.box.side);
  }

  function report(atOnce) {
    clearTimeout(crop.timer);
    const wait = atOnce ? 0 : Math.max(0, INTERVAL - (performance.now() - crop.sentAt));
    crop.timer = setTimeout(() => {
      crop.sentAt = performance.now();
      crop.send({ ...crop.box });
    }, wait);
  }

  function resize(side) {
    const before = limits();
    const middle = [crop.box.x + before.wide / 2, crop.box.y + before.high / 2];
    crop.box.side = clamp(side, 0.1, 1);
    const after = limits();
    crop.box.x = middle[0] - after.wide / 2;
    crop.box.y = middle[1] - after.high / 2;
    place();
    report(false);
  }

  crop.show = (data) => {
    if (!data || data.url === crop.url) return;
    crop.url = data.url;
    crop.width = data.width;
    crop.height = data.height;
    crop.box = { ...data.box };
    image.src = data.url;
    image.alt = data.alt;
    place();
  };

  square.onpointerdown = (event) => {
    event.preventDefault();
    square.focus();
    square.setPointerCapture(event.pointerId);
    const frame = field.getBoundingClientRect();
    const from = { x: event.clientX, y: event.clientY, box: { ...crop.box } };
    square.onpointermove = (move) => {
      crop.box.x = from.box.x + (move.clientX - from.x) / frame.width;
      crop.box.y = from.box.y + (move.clientY - from.y) / frame.height;
      place();
      report(false);
    };
    square.onpointerup = square.onpointercancel = () => {
      square.onpointermove = square.onpointerup = square.onpointercancel = null;
      report(true);
    };
  };

  square.onkeydown = (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (move) {
      const step = event.shiftKey ? 0.1 : 0.02;
      crop.box.x += move[0] * step;
      crop.box.y += move[1] * step;
      place();
      report(false);
    } else if (event.key === "+" || event.key === "-") {
      resize(crop.box.side + (event.key === "+" ? 0.05 : -0.05));
    } else {
      return;
    }
    event.preventDefault();
  };

  size.oninput = () => resize(size.value / 100);
  return crop;
}
