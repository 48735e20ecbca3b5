/** A button that plays a finished answer again, at the pace at which it came, and halts it. */
import { button, say } from "../dom";
import type { Hub } from "../hub";
import type { Scrubber } from "../scrubber";

/** Milliseconds that one frame may skip at most: a page that was out of sight goes on where it was. */
export const LONGEST_FRAME_MS = 250;

export class Player {
  readonly element = button("desiru-play");
  readonly #hub: Hub;
  readonly #scrubber: Scrubber;
  #frame: number | undefined;
  #shownAt = 0;

  constructor(hub: Hub, scrubber: Scrubber) {
    this.#hub = hub;
    this.#scrubber = scrubber;
    this.element.hidden = !hub.remembers;
    this.element.addEventListener("click", () => (this.#frame === undefined ? this.#play() : this.#pause()));
    this.#label();
  }

  #play(): void {
    if (this.#scrubber.share >= 1) this.#scrubber.move(0);
    this.#shownAt = performance.now();
    this.#request();
    this.#label();
  }

  #pause(): void {
    cancelAnimationFrame(this.#frame!);
    this.#halt();
  }

  #halt(): void {
    this.#frame = undefined;
    this.#label();
  }

  #request(): void {
    this.#frame = requestAnimationFrame(() => this.#advance());
  }

  /** From where the slider stands: the reader may have moved it meanwhile, or gone back to the end. */
  #advance(): void {
    const now = performance.now();
    const passed = Math.min(now - this.#shownAt, LONGEST_FRAME_MS) / 1000;
    this.#shownAt = now;
    const share = this.#scrubber.share < 1 ? this.#scrubber.share + passed / (this.#hub.stats.duration || passed) : 1;
    if (share < 1) {
      this.#scrubber.move(share);
      this.#request();
    } else {
      this.#halt();
      this.#scrubber.end();
    }
  }

  #label(): void {
    const isPlaying = this.#frame !== undefined;
    this.element.dataset["playing"] = String(isPlaying);
    say(this.element, isPlaying ? "Pause" : "Play");
  }
}
