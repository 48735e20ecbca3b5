/** A pane at an earlier moment: the beginning of its text, shown by what shows text that grows. */
import type { Body } from "./body";

/** An element that shows a text. */
export type Copy = { element: HTMLElement; body: Body };

export class Past {
  readonly #present: HTMLElement;
  readonly #source: () => string;
  readonly #copyOf: (whole: () => string) => Copy;
  readonly #height: string;
  readonly #scrollTop: number;
  #shown: HTMLElement;
  #copy: Copy;
  #length = 0;
  #left = false;

  /** Copies stand in the place of `present`, and are as high: the slider must not run away. `source` is the whole text. */
  constructor(present: HTMLElement, source: () => string, copyOf: (whole: () => string) => Copy) {
    this.#present = this.#shown = present;
    this.#source = source;
    this.#copyOf = copyOf;
    this.#height = `${present.offsetHeight}px`;
    this.#scrollTop = present.scrollTop;
    this.#copy = this.#begin();
  }

  /** Show the first `length` characters; returns whether something is left to do. What has been begun is shown first. */
  show(length: number, deadline: number): boolean {
    if (!this.#left && length !== this.#length) this.#turn(length);
    this.#left = this.#copy.body.show("streaming", deadline);
    if (!this.#left) this.#reveal();
    return this.#left || length !== this.#length;
  }

  follow(): void {
    this.#shown.scrollTop = this.#shown.scrollHeight;
  }

  /** Put back what was there. */
  end(): void {
    if (this.#copy.element !== this.#shown) this.#copy.element.remove();
    this.#shown.replaceWith(this.#present);
    this.#present.scrollTop = this.#scrollTop;
  }

  #turn(length: number): void {
    const known = this.#length;
    this.#length = length;
    if (length < known) this.#copy = this.#begin();
    else this.#copy.body.take({ field: "", text: this.#source().slice(known, length), replaces: false });
  }

  /** It stands in the page, so that its formulas can wait for being seen, but not in the place of what is shown before it is whole. */
  #begin(): Copy {
    const copy = this.#copyOf(() => this.#source().slice(0, this.#length));
    copy.element.hidden = true;
    copy.element.style.minHeight = this.#height;
    this.#shown.after(copy.element);
    return copy;
  }

  #reveal(): void {
    const { element } = this.#copy;
    if (element === this.#shown) return;
    this.#shown.remove();
    this.#shown = element;
    element.hidden = false;
    if (this.#present.id) element.id = this.#present.id; // of which the head of the pane tells
  }
}
