/** How long to wait before a worker is replaced, so that one that cannot live does not eat the machine. */

const FIRST = 100;
const LONGEST = 30_000;

/** @param deaths how many died in a row without having lived for long; milliseconds */
export const restartDelay = (deaths: number): number =>
  deaths <= 1 ? 0 : Math.min(LONGEST, FIRST * 2 ** Math.min(deaths - 2, 20));
