/** Markdown that grows: the text goes in as it comes, the elements stand in the page at once. */
import { Blocks } from "./blocks";
import { Lines } from "./lines";
import { Page } from "./page";

export interface Options {
  /** Called with each block that will not change any more, so that others may change what it holds. */
  readonly onFrozen?: (block: HTMLElement) => void;
}

export class Prose {
  readonly #lines = new Lines();
  readonly #blocks: Blocks;

  constructor(root: HTMLElement, { onFrozen }: Options = {}) {
    this.#blocks = new Blocks(new Page(onFrozen ?? (() => undefined)), root);
  }

  /** Take more text, cut anywhere, and show it. Costs what the text costs, however much came before. */
  append(text: string): void {
    for (const { text: piece, ends } of this.#lines.feed(text)) {
      this.#blocks.add(piece);
      if (ends) this.#blocks.endLine();
    }
    this.#blocks.paint();
  }

  /** No more text comes: show it as what it is. */
  end(): void {
    this.#blocks.add(this.#lines.rest());
    this.#blocks.close();
  }
}
