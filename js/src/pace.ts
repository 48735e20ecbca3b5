/** How fast text comes: what arrived in each of the last ticks. */

export const TICK_MS = 200;

/** How many ticks are remembered. */
export const TICKS = 60;

export class Pace {
  #amounts: number[] = [];
  #newest = 0;

  /** Count what arrived at `now`, in milliseconds of a clock that never goes back. */
  add(amount: number, now: number): void {
    this.#amounts = this.#filled(now);
    this.#newest = tickOf(now);
    this.#amounts.push((this.#amounts.pop() ?? 0) + amount);
  }

  /** The amounts of the ticks that were over at `now`, the oldest first, from the first that had any. */
  until(now: number): number[] {
    return this.#amounts.length ? this.#filled(now).slice(0, -1) : [];
  }

  /** The amounts until the last one that was counted. */
  seen(): number[] {
    return this.#amounts.slice(-TICKS);
  }

  /** With the ticks since the newest, in which nothing came, and the one that `now` is in. */
  #filled(now: number): number[] {
    const passed = this.#amounts.length ? tickOf(now) - this.#newest : 1;
    return [...this.#amounts, ...new Array<number>(Math.min(passed, TICKS + 1)).fill(0)].slice(-TICKS - 1);
  }
}

function tickOf(now: number): number {
  return Math.floor(now / TICK_MS);
}
