/** The kernel's figures, whose time runs on between two messages. */
import type { Stats } from "./types";

export type Now = () => number;

export class Stopwatch {
  readonly #now: Now;
  #stats: Stats;
  #setAt: number;

  constructor(stats: Stats, now: Now) {
    this.#now = now;
    this.#stats = stats;
    this.#setAt = now();
  }

  set(stats: Stats): void {
    this.#stats = stats;
    this.#setAt = this.#now();
  }

  /** The figures as they were last told: what a run that is over has. */
  stopped(): Stats {
    return this.#stats;
  }

  /** The same with the time that has passed since. */
  running(): Stats {
    const passed = (this.#now() - this.#setAt) / 1000;
    return { ...this.#stats, duration: (this.#stats.duration ?? 0) + passed };
  }
}
