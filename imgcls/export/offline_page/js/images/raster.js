/**
 * Lines and discs on a grid of pixels, exactly as Pillow's ImageDraw paints them without anti-aliasing.
 *
 * A grid is { width, height, data }, data a Uint8Array of rows. The 28×28 pixels of a drawing are means over these, so
 * a pixel that is painted here but not in the app would be seen by the model.
 */

/** An empty grid. */
export function grid(width, height) {
  return { width, height, data: new Uint8Array(width * height) };
}

/** A line of this width between two points; coordinates are cut to integers. */
export function paintLine(target, x0, y0, x1, y1, width) {
  const [fromX, fromY, toX, toY] = [x0, y0, x1, y1].map(Math.trunc);
  if (width > 1) paintWideLine(target, fromX, fromY, toX, toY, width);
  else paintThinLine(target, fromX, fromY, toX, toY);
}

/** A filled ellipse in this box; its sides are cut to integers and belong to it. */
export function paintEllipse(target, x0, y0, x1, y1) {
  const [left, top, right, bottom] = [x0, y0, x1, y1].map(Math.trunc);
  const a = right - left;
  const b = bottom - top;
  if (a < 0 || b < 0 || a + b === 0) return;
  const row = (y, reach) => {
    for (const sign of y ? [-1, 1] : [1]) {
      paintRow(target, Math.trunc(left + (a - reach) / 2), top + (sign * y + b) / 2, left + (a + reach) / 2);
    }
  };
  // Half pixels as units, from the right-most point to the top: the next point is the one nearest to the curve.
  const off = (x, y) => Math.abs(a * a * y * y + b * b * x * x - a * a * b * b);
  let x = a;
  let y = b % 2;
  row(y, x);
  while (x !== a % 2 || y !== b) {
    let next = [x, y + 2];
    if (x > 1) {
      for (const other of [
        [x - 2, y + 2],
        [x - 2, y],
      ]) {
        if (off(...other) < off(...next)) next = other;
      }
    }
    const isNewRow = next[1] !== y;
    [x, y] = next;
    if (isNewRow) row(y, x);
  }
}

function paintRow(target, from, y, to) {
  if (y < 0 || y >= target.height) return;
  const [low, high] = from <= to ? [from, to] : [to, from];
  if (low >= target.width || high < 0) return;
  const start = y * target.width;
  target.data.fill(255, start + Math.max(low, 0), start + Math.min(high, target.width - 1) + 1);
}

/** Bresenham's algorithm. */
function paintThinLine(target, x0, y0, x1, y1) {
  const width = Math.abs(x1 - x0);
  const height = Math.abs(y1 - y0);
  const isFlat = width > height;
  const [long, short] = isFlat ? [width, height] : [height, width];
  const stepX = x1 < x0 ? -1 : 1;
  const stepY = y1 < y0 ? -1 : 1;
  let [x, y, error] = [x0, y0, 2 * short - long];
  for (let i = 0; i < long; i++) {
    paintRow(target, x, y, x);
    if (error >= 0 && short) {
      if (isFlat) y += stepY;
      else x += stepX;
      error -= 2 * long;
    }
    error += 2 * short;
    if (isFlat) x += stepX;
    else y += stepY;
  }
  paintRow(target, x1, y1, x1);
}

function paintWideLine(target, x0, y0, x1, y1, width) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (!dx && !dy) {
    paintRow(target, x0, y0, x0);
    return;
  }
  const length = Math.hypot(dx, dy);
  const more = roundUp((width - 1) / 2) / length;
  const less = roundDown((width - 1) / 2) / length;
  const [lessX, moreX] = [roundDown(less * dy), roundDown(more * dy)];
  const [lessY, moreY] = [roundDown(less * dx), roundDown(more * dx)];
  fillPolygon(target, [
    [x0 - lessX, y0 + moreY],
    [x1 - lessX, y1 + moreY],
    [x1 + moreX, y1 - lessY],
    [x0 + moreX, y0 - lessY],
  ]);
}

/** Scan lines; where two edges meet in a corner that would leave a gap, the row is extended to the next one. */
function fillPolygon(target, corners) {
  const all = corners.map((corner, index) => edge(corner, corners[(index + 1) % corners.length]));
  for (const flat of all) if (flat.low === flat.high) paintRow(target, flat.left, flat.low, flat.right);
  const edges = all.filter((one) => one.low !== one.high);
  const last = Math.min(Math.max(...all.map((one) => one.high)), target.height);
  for (let y = Math.max(Math.min(...all.map((one) => one.low)), 0); y <= last; y++) {
    const crossings = [];
    edges.forEach((one, index) => {
      if (y < one.low || y > one.high) return;
      crossings.push(one.at(y));
      if (y === one.high && y < last) crossings.push(one.at(y));
      else if ((y === one.low || y === one.high) && one.slope) {
        crossings[crossings.length - 1] = joined(one, edges.slice(0, index), y);
      }
    });
    crossings.sort((first, second) => first - second);
    let free = 0; // everything to the left of this is painted
    for (let i = 1; i < crossings.length; i += 2) {
      const to = roundDown(crossings[i]);
      const from = Math.max(roundUp(crossings[i - 1]), free);
      if (to < from) continue;
      paintRow(target, from, y, to);
      free = to + 1;
    }
  }
}

function joined(one, others, y) {
  const x = one.at(y);
  for (const other of others) {
    if ((y !== other.low && y !== other.high) || !other.slope || nearest(x) !== nearest(other.at(y))) continue;
    const next = y + (y === one.high ? -1 : 1);
    if (next < other.low || next > other.high) continue;
    const [first, second] = [one.at(next), other.at(next)];
    if (x > first + 1 && x > second + 1) return nearest(Math.max(first, second)) + 1;
    if (x < first - 1 && x < second - 1) return nearest(Math.min(first, second)) - 1;
    return x;
  }
  return x;
}

function edge([x0, y0], [x1, y1]) {
  const slope = y0 === y1 ? 0 : Math.fround((x1 - x0) / (y1 - y0));
  return {
    low: Math.min(y0, y1),
    high: Math.max(y0, y1),
    left: Math.min(x0, x1),
    right: Math.max(x0, x1),
    slope,
    at: (y) => Math.fround(Math.fround((y - y0) * slope) + x0), // in single precision, as in C
  };
}

/** To the nearest integer; halves away from 0. */
function roundUp(value) {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}

const nearest = roundUp;

/** To the nearest integer; halves towards 0. */
function roundDown(value) {
  return Math.sign(value) * Math.ceil(Math.abs(value) - 0.5);
}
