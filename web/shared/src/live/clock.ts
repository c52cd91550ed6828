/** Time and chance for the shells; tests move a clock of their own. */

export type Cancel = () => void;

export interface Clock {
  now(): number;
  chance(): number;
  after(ms: number, run: () => void): Cancel;
}

// Browsers keep a timer's delay in 32 bits and fire at once beyond that.
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  chance: () => Math.random(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(Math.max(0, ms), longestTimerMs));
    return () => clearTimeout(timer);
  },
};
