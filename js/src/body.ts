/** What a pane shows its text as: Markdown for words, a value box for whatever has another type. */
import { Prose } from "./markdown/prose";
import type { Growth } from "./texts";
import { isFinal, type State } from "./types";
import { ValueBox } from "./values";

/** How many characters are fed between two looks at the clock. */
export const SLICE = 2048;

export interface Body {
  /** Remember what to show. */
  take(growth: Growth): void;
  /** Show a piece of it, and more until `deadline`, as it stands in a run of this state; returns whether something is left. */
  show(state: State, deadline: number): boolean;
}

export class ProseBody implements Body {
  readonly #root: HTMLElement;
  readonly #whole: () => string;
  readonly #onFrozen: (block: HTMLElement) => void;
  #prose: Prose;
  #unfed = "";
  #ended = false;

  /** `whole` is the text so far; `onFrozen` hears of each block that will not change any more. */
  constructor(root: HTMLElement, whole: () => string, onFrozen: (block: HTMLElement) => void) {
    this.#root = root;
    this.#whole = whole;
    this.#onFrozen = onFrozen;
    this.#prose = this.#begin();
    this.#unfed = whole();
  }

  take({ text, replaces }: Growth): void {
    if (!replaces && !this.#ended) return void (this.#unfed += text);
    this.#prose = this.#begin();
    this.#unfed = this.#whole();
  }

  show(state: State, deadline: number): boolean {
    do {
      this.#feed();
    } while (this.#unfed && performance.now() < deadline);
    if (isFinal(state) && !this.#unfed) this.#end();
    return this.#unfed !== "";
  }

  #begin(): Prose {
    this.#ended = false;
    this.#root.replaceChildren();
    return new Prose(this.#root, { onFrozen: this.#onFrozen });
  }

  #feed(): void {
    if (!this.#unfed) return;
    this.#prose.append(this.#unfed.slice(0, SLICE));
    this.#unfed = this.#unfed.slice(SLICE);
  }

  #end(): void {
    if (!this.#ended) this.#prose.end();
    this.#ended = true;
  }
}

export class ValueBody implements Body {
  readonly #root: HTMLElement;
  readonly #box: ValueBox;
  readonly #whole: () => string;
  #shownAs: "whole" | "partial" | undefined;

  constructor(root: HTMLElement, whole: () => string, type: string) {
    root.dir = "auto"; // cheap for so short a text; of prose each block has a direction of its own
    this.#root = root;
    this.#box = new ValueBox(root, type);
    this.#whole = whole;
  }

  take(): void {
    this.#shownAs = undefined;
  }

  /** In one piece, for values are short. Only a run that is done has them whole. */
  show(state: State): boolean {
    const wanted = state === "done" ? "whole" : "partial";
    const known = this.#whole() !== "" || this.#root.hasChildNodes();
    if (known && this.#shownAs !== wanted) this.#box.show(this.#whole(), wanted === "whole");
    this.#shownAs = wanted;
    return false;
  }
}
