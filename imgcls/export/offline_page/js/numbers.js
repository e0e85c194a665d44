/** Rounding and statistics as in Python and NumPy. */

/** To the nearest integer; halves to the even one. */
export function rint(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 ? low + 1 : low;
}

/** The median of numbers; of an even count, the mean of the two in the middle. */
export function median(values) {
  const sorted = new Float64Array(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The percentile of numbers, 0 to 100, interpolated linearly. */
export function percentile(values, percent) {
  const sorted = new Float64Array(values).sort();
  const place = ((sorted.length - 1) * percent) / 100;
  const low = Math.floor(place);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
}

/** The sum of numbers. */
export function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The mean of numbers. */
export function mean(values) {
  return sum(values) / values.length;
}

/** The largest of numbers; 0 if there is none. */
export function largest(values) {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** What a function gives for each value and its index, as floating-point numbers: much faster than Float64Array.from. */
export function floats(values, of) {
  const found = new Float64Array(values.length);
  for (let i = 0; i < found.length; i++) found[i] = of(values[i], i);
  return found;
}
