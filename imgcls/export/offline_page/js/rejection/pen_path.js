/** The path of the pen as points at equal distances, and how it turns: as `imgcls.inference.rejection.pen_path`. */

/** A line [[x, y], …] as points at equal distances along it, at least its two ends. */
export function resampled(line, step) {
  const along = alongOf(line);
  const count = Math.max(2, Math.trunc(along.at(-1) / step) + 1);
  const marks = Array.from({ length: count }, (_, i) => (along.at(-1) * i) / (count - 1));
  return marks.map((mark) => pointAt(line, along, mark));
}

/** The distance from the start to each point of a line. */
export function alongOf(line) {
  let total = 0;
  return line.map(([x, y], i) => {
    if (i) total += Math.hypot(x - line[i - 1][0], y - line[i - 1][1]);
    return total;
  });
}

/** The point at a distance from the start. */
export function pointAt(line, along, where) {
  if (where <= along[0]) return line[0].slice(0, 2);
  if (where >= along.at(-1)) return line.at(-1).slice(0, 2);
  let next = 1;
  while (along[next] <= where) next++; // the last of equal ones, as NumPy's interp
  const share = (where - along[next - 1]) / (along[next] - along[next - 1]);
  return [0, 1].map((axis) => line[next - 1][axis] + share * (line[next][axis] - line[next - 1][axis]));
}

/** The length of a line. */
export function lengthOf(line) {
  return alongOf(line).at(-1);
}

/** The angle in radians by which a line turns at each of its inner points, clockwise positive. */
export function turned(line) {
  const angles = line.slice(1).map(([x, y], i) => Math.atan2(y - line[i][1], x - line[i][0]));
  return angles.slice(1).map((angle, i) => modulo(angle - angles[i] + Math.PI, 2 * Math.PI) - Math.PI);
}

/** The remainder with the sign of the divisor, as in Python. */
export function modulo(value, divisor) {
  return value - divisor * Math.floor(value / divisor);
}
