/** An element with inline content: painted again while it grows, and once more when the address of one of its links comes. */
import { growingPieces, inlinePieces, type Lookup } from "./inline";
import { paint, type Piece } from "./nodes";
import type { Page } from "./page";

/** A leaf or a table's row that grew longer than this is not painted again until it is complete; then a leaf shows its markup. */
export const LONGEST = 8192;

export class Phrase {
  readonly #page: Page;
  readonly #element: HTMLElement;
  readonly #block: HTMLElement;

  /** `block` is what is reported as frozen: the element itself, or the block that holds it. */
  constructor(page: Page, element: HTMLElement, block = element) {
    this.#page = page;
    this.#element = element;
    this.#block = block;
  }

  /** Paint what is known so far; `lead` comes before it. */
  grow(text: string, lead: readonly Piece[] = []): void {
    if (text.length <= LONGEST) paint(this.#element, [...lead, ...growingPieces(text, this.#lookup(new Set()))]);
  }

  /** Paint what will stay, unless a label in it is defined later. */
  finish(text: string, lead: readonly Piece[] = []): void {
    const show = (): void => {
      const missing = new Set<string>();
      const pieces = text.length > LONGEST ? [text] : inlinePieces(text, this.#lookup(missing));
      paint(this.#element, [...lead, ...pieces]);
      this.#page.references.wait(missing, repaint);
    };
    /** Others may have changed what a frozen block holds, so nothing of it is used again. */
    const repaint = (): void => {
      paint(this.#element, []);
      show();
      this.#page.frozen(this.#block);
    };
    show();
  }

  #lookup(missing: Set<string>): Lookup {
    return (label) => this.#page.references.find(label, missing);
  }
}
