// The total of a card while it is being filled in; the server counts it again, the same way (quality/cards/scoring.py).
const WORTH = { met: 2, partly: 1, missed: 0 }; // halves

/** `points`: [{weight, fails, grade}], grade empty where none is given. {total: 0-100 or null, failed, graded}. */
export function scoreOf(points) {
  const graded = points.filter(({ grade }) => grade);
  const failed = graded.some(({ fails, grade }) => fails && grade === "missed");
  const counted = graded.filter(({ weight, grade }) => weight && grade !== "absent");
  const whole = counted.reduce((sum, { weight }) => sum + weight, 0);
  const earned = counted.reduce((sum, { weight, grade }) => sum + weight * WORTH[grade], 0);
  const total = whole ? Math.floor((earned * 100 + whole) / (2 * whole)) : null;
  return { total: failed ? 0 : total, failed, graded: graded.length };
}
