/** What the blocks of one text share. */
import { References } from "./references";

/** The first level of a heading in a pane: the page has its own above. */
const ABOVE = 2;

export class Page {
  readonly references = new References();
  /** Tell the view that a block will not change any more. */
  readonly frozen: (block: HTMLElement) => void;
  #outline = 0;

  constructor(frozen: (block: HTMLElement) => void) {
    this.frozen = frozen;
  }

  /** The level of the next heading: no level is skipped. */
  headingLevel(depth: number): number {
    this.#outline = Math.min(depth, this.#outline + 1);
    return ABOVE + this.#outline;
  }
}
