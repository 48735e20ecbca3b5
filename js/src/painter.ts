/** Coalesces painting: however much arrives, the page is painted once a frame, and no frame is long. */

/** How long a frame may work, in milliseconds: what is left waits for the next one. */
export const BUDGET_MS = 6;

/** A hidden page has no frames, so there a timer stands in. */
export const HIDDEN_MS = 100;

/** Paints until `deadline`, on the clock of `performance.now()`; returns whether there is more to paint. */
export type Paint = (deadline: number) => boolean;

export class Painter {
  readonly #paint: Paint;
  #forget: (() => void) | undefined;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  request(): void {
    if (!this.#forget) this.#forget = document.hidden ? this.#later() : this.#nextFrame();
  }

  /** Paint at once, and the rest in the frames that follow. */
  run(): void {
    this.#forget = undefined;
    if (this.#paint(performance.now() + BUDGET_MS)) this.request();
  }

  stop(): void {
    this.#forget?.();
    this.#forget = undefined;
  }

  #nextFrame(): () => void {
    const frame = requestAnimationFrame(() => this.run());
    return () => cancelAnimationFrame(frame);
  }

  #later(): () => void {
    const timer = setTimeout(() => this.run(), HIDDEN_MS);
    return () => clearTimeout(timer);
  }
}
