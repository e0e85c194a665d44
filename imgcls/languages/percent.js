/** A fraction as a percentage, in English. As in Python, only 1 is "100.0%": 0.9996 is "99.9%". */
export function percent(fraction, digits = 1) {
  const shown = fraction < 1 ? Math.min(100 * fraction, 100 - 10 ** -digits) : 100 * fraction;
  return `${shown.toFixed(digits)}%`;
}
