/** A slider that takes the view of a finished run back to any moment of it. */
import { element } from "./dom";
import { seconds } from "./status";

/** An arrow key goes from one place to the next. */
export const PLACES = 200;

export class Scrubber {
  readonly element = element("input", "desiru-time");
  readonly #moved: () => void;
  #share = 1;
  #isBack = false;

  /** `moved` is called when the view has to show another moment. */
  constructor(moved: () => void) {
    this.#moved = moved;
    this.element.type = "range";
    this.element.max = String(PLACES);
    this.element.value = this.element.max;
    this.element.setAttribute("aria-label", "Time");
    this.element.addEventListener("input", () => {
      this.#share = Number(this.element.value) / PLACES;
      this.#show(true);
    });
    // At the end the view is itself again, but not while the pointer may still go back. One that came back to where it was
    // pressed has changed nothing.
    for (const name of ["change", "pointerup"]) this.element.addEventListener(name, () => this.#show(this.#share < 1));
    this.element.addEventListener("keydown", (event) => this.#escape(event));
  }

  /** How much of the run's time is before the moment that is shown. */
  get share(): number {
    return this.#share;
  }

  /** Go to the moment before which there is such a share of the time. */
  move(share: number): void {
    this.#share = share;
    this.element.value = String(share * PLACES);
    this.#show(share < 1);
  }

  /** Go back to the end. */
  end(): void {
    this.#share = 1;
    this.element.value = this.element.max;
    if (this.#isBack) this.#show(false);
  }

  /** How many seconds after the start of a run that took so long; undefined while the view shows its end. */
  time(duration: number): number | undefined {
    return this.#isBack ? this.#share * duration : undefined;
  }

  /** Say where the slider stands; returns the words. */
  say(duration: number, isKnown: boolean): string {
    const words = isKnown ? `${seconds(this.#share * duration)} of ${seconds(duration)}` : "waiting for the kernel";
    this.element.setAttribute("aria-valuetext", words);
    return words;
  }

  #show(isBack: boolean): void {
    this.#isBack = isBack;
    this.#moved();
  }

  #escape(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.#isBack) return;
    event.preventDefault();
    event.stopPropagation();
    this.end();
  }
}
