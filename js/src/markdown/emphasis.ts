/** Emphasis, strong emphasis and strikethrough: which runs of markers belong together (CommonMark's delimiter runs). */
import type { Mark, Run } from "./tokens";

const SPACE = /[\t-\r\p{Zs}]/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;

/** A run that may open or close something. */
interface Delimiter {
  readonly run: Run;
  readonly sign: string;
  readonly length: number;
  readonly canOpen: boolean;
  readonly canClose: boolean;
  /** Whether the run can only be a beginning: it stands before a word and after none. */
  readonly opensOnly: boolean;
  before: Delimiter | undefined;
  after: Delimiter | undefined;
}

/** The runs of one leaf that are not settled yet, in the order of the text. */
export class Delimiters {
  #last: Delimiter | undefined;

  /** The place that `settle` goes back to. */
  get mark(): unknown {
    return this.#last;
  }

  add(run: Run, text: string, position: number): void {
    const before = characterBefore(text, position);
    const after = characterAt(text, position + run.text.length);
    const { left, right } = flanks(before, after);
    const sign = run.text[0]!;
    const inWord = sign === "_";
    const canOpen = left && (!inWord || !right || PUNCTUATION.test(before));
    const canClose = right && (!inWord || !left || PUNCTUATION.test(after));
    if (sign === "~" && run.text.length > 2) return;
    const { length } = run.text;
    const last = { run, sign, length, canOpen, canClose, opensOnly: left && !right, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = last;
    this.#last = last;
  }

  /** Pair the runs after `mark`; the others after it are text from now on. */
  settle(mark: unknown): void {
    this.#pair(mark as Delimiter | undefined);
    this.#last = mark as Delimiter | undefined;
    if (this.#last) this.#last.after = undefined;
  }

  /** Pair all runs, and let those that can only be a beginning hold to the end: the rest of the text is still to come. */
  settleOpen(): void {
    this.#pair(undefined);
    for (let left = this.#last; left; left = left.before) {
      if (!left.opensOnly) continue;
      while (left.run.text.length > 1) open(left, 2);
      if (left.run.text) open(left, 1);
    }
  }

  #pair(bottom: Delimiter | undefined): void {
    const floors = new Map<string, Delimiter | undefined>();
    let closer = this.#first(bottom);
    while (closer) {
      const after: Delimiter | undefined = closer.after;
      const kind = `${closer.sign}${closer.canOpen}${closer.length % 3}${closer.sign === "~" && closer.length}`;
      const opener = closer.canClose ? openerOf(closer, bottom, floors.get(kind)) : undefined;
      if (opener) {
        this.#join(opener, closer);
        if (!closer.run.text) closer = after;
        continue;
      }
      if (closer.canClose) {
        floors.set(kind, closer.before);
        if (!closer.canOpen) this.#remove(closer);
      }
      closer = after;
    }
  }

  #first(bottom: Delimiter | undefined): Delimiter | undefined {
    let first = this.#last;
    if (first === bottom) return undefined;
    while (first && first.before !== bottom) first = first.before;
    return first;
  }

  /** The runs between the two are text. */
  #join(opener: Delimiter, closer: Delimiter): void {
    opener.after = closer;
    closer.before = opener;
    const width = opener.sign === "~" ? opener.length : Math.min(2, opener.run.text.length, closer.run.text.length);
    const mark = open(opener, width);
    closer.run.text = closer.run.text.slice(width);
    closer.run.closes.push(mark);
    if (!opener.run.text) this.#remove(opener);
    if (!closer.run.text) this.#remove(closer);
  }

  #remove(gone: Delimiter): void {
    if (gone.before) gone.before.after = gone.after;
    if (gone.after) gone.after.before = gone.before;
    else this.#last = gone.before;
  }
}

function open({ run, sign }: Delimiter, width: number): Mark {
  const mark = { kind: sign === "~" ? "s" : width === 2 ? "strong" : "em", source: sign.repeat(width) } as const;
  run.text = run.text.slice(width);
  run.opens.unshift(mark);
  return mark;
}

/** The nearest run that the closer fits, down to the bottom, or to the floor under which its kind has looked in vain. */
function openerOf(closer: Delimiter, bottom?: Delimiter, floor?: Delimiter): Delimiter | undefined {
  for (let opener = closer.before; opener && opener !== bottom && opener !== floor; opener = opener.before) {
    if (opener.sign === closer.sign && opener.canOpen && fit(opener, closer)) return opener;
  }
  return undefined;
}

/** CommonMark's rule of three; tildes go with as many tildes. */
function fit(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.sign === "~") return opener.length === closer.length;
  if (!opener.canClose && !closer.canOpen) return true;
  return (opener.length + closer.length) % 3 !== 0 || (opener.length % 3 === 0 && closer.length % 3 === 0);
}

function flanks(before: string, after: string): { left: boolean; right: boolean } {
  const spaceBefore = SPACE.test(before);
  const spaceAfter = SPACE.test(after);
  const markBefore = PUNCTUATION.test(before);
  const markAfter = PUNCTUATION.test(after);
  return {
    left: !spaceAfter && (!markAfter || spaceBefore || markBefore),
    right: !spaceBefore && (!markBefore || spaceAfter || markAfter),
  };
}

/** The text's ends count as white space. */
function characterAt(text: string, position: number): string {
  return position < text.length ? String.fromCodePoint(text.codePointAt(position)!) : "\n";
}

function characterBefore(text: string, position: number): string {
  if (position === 0) return "\n";
  const isHalf = /[\uDC00-\uDFFF]/.test(text[position - 1]!) && /[\uD800-\uDBFF]/.test(text[position - 2] ?? "");
  return text.slice(isHalf ? position - 2 : position - 1, position);
}
