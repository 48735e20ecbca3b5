/** Coalesces painting: however much arrives, the page is painted once a frame. */

/** A hidden page has no frames, so there a timer stands in. */
export const HIDDEN_MS = 100;

export class Painter {
  readonly #paint: () => void;
  #forget: (() => void) | undefined;

  constructor(paint: () => void) {
    this.#paint = paint;
  }

  request(): void {
    if (!this.#forget) this.#forget = document.hidden ? this.#later() : this.#nextFrame();
  }

  stop(): void {
    this.#forget?.();
    this.#forget = undefined;
  }

  #nextFrame(): () => void {
    const frame = requestAnimationFrame(() => this.#run());
    return () => cancelAnimationFrame(frame);
  }

  #later(): () => void {
    const timer = setTimeout(() => this.#run(), HIDDEN_MS);
    return () => clearTimeout(timer);
  }

  #run(): void {
    this.#forget = undefined;
    this.#paint();
  }
}
