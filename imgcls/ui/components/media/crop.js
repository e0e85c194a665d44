/* A square over a picture, to be moved and sized with pointer and keyboard; tells where it is. */

const OFTEN = 120;         // milliseconds between two messages while it is moved
const crops = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let crop = crops.get(parentElement);
  if (!crop) {
    crop = made(parentElement);
    crops.set(parentElement, crop);
  }
  crop.send = box => setStateValue('box', box);
  crop.show(data);
  return () => { clearTimeout(crop.timer); crops.delete(parentElement); };
}

function made(root) {
  const field = root.querySelector('.field'), picture = root.querySelector('img');
  const square = root.querySelector('.square'), size = root.querySelector('input');
  const crop = { box: null, url: '', timer: 0, sent: 0, send: () => {} };

  function clamp(value, low, high) { return Math.min(Math.max(value, low), high); }

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

  function tell(atOnce) {
    clearTimeout(crop.timer);
    const wait = atOnce ? 0 : Math.max(0, OFTEN - (performance.now() - crop.sent));
    crop.timer = setTimeout(() => { crop.sent = performance.now(); crop.send({ ...crop.box }); }, wait);
  }

  function resize(side) {
    const before = limits();
    const middle = [crop.box.x + before.wide / 2, crop.box.y + before.high / 2];
    crop.box.side = clamp(side, 0.1, 1);
    const after = limits();
    crop.box.x = middle[0] - after.wide / 2;
    crop.box.y = middle[1] - after.high / 2;
    place();
    tell(false);
  }

  crop.show = data => {
    if (!data || data.url === crop.url) return;
    crop.url = data.url;
    crop.width = data.width;
    crop.height = data.height;
    crop.box = { ...data.box };
    picture.src = data.url;
    picture.alt = data.alt;
    place();
  };

  square.onpointerdown = event => {
    event.preventDefault();
    square.focus();
    square.setPointerCapture(event.pointerId);
    const frame = field.getBoundingClientRect();
    const from = { x: event.clientX, y: event.clientY, box: { ...crop.box } };
    square.onpointermove = move => {
      crop.box.x = from.box.x + (move.clientX - from.x) / frame.width;
      crop.box.y = from.box.y + (move.clientY - from.y) / frame.height;
      place();
      tell(false);
    };
    square.onpointerup = square.onpointercancel = () => {
      square.onpointermove = square.onpointerup = square.onpointercancel = null;
      tell(true);
    };
  };

  square.onkeydown = event => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (steps) {
      const far = event.shiftKey ? 0.1 : 0.02;
      crop.box.x += steps[0] * far;
      crop.box.y += steps[1] * far;
      place();
      tell(false);
    } else if (event.key === '+' || event.key === '-') {
      resize(crop.box.side + (event.key === '+' ? 0.05 : -0.05));
    } else {
      return;
    }
    event.preventDefault();
  };

  size.oninput = () => resize(size.value / 100);
  return crop;
}
