/** Emphasis, strikethrough, subscripts and tags: which runs of markers belong together (CommonMark's delimiter runs). */
import type { Mark, Run } from "./tokens";

const SPACE = /[\t-\r\p{Zs}]/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;

/** A run that may open or close something. */
interface Delimiter {
  readonly run: Run;
  /** A marker, or the name of a tag. */
  readonly sign: string;
  readonly text: string;
  readonly position: number;
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

  /** A run of markers, or a tag: its name, and whether it starts an element. */
  add(run: Run, text: string, position: number, sign = run.text[0]!, isStart?: boolean): void {
    const before = characterBefore(text, position);
    const after = characterAt(text, position + run.text.length);
    const { left, right } = isStart === undefined ? flanks(before, after) : { left: isStart, right: !isStart };
    const inWord = sign === "_";
    const canOpen = left && (!inWord || !right || PUNCTUATION.test(before));
    const canClose = right && (!inWord || !left || PUNCTUATION.test(after));
    if (sign === "~" && run.text.length > 2) return;
    const { length } = run.text;
    const opensOnly = left && !right;
    const last = { run, sign, text, position, length, canOpen, canClose, opensOnly, before: this.#last, after: undefined };
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
      while (left.run.text) open(left, widthOf(left));
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
        if (closer.sign === "~" || !closer.run.text) closer = after;
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
    const name = opener.sign === "~" ? nameOf(opener, closer) : undefined;
    const width = Math.min(widthOf(opener), widthOf(closer));
    if (name !== "") {
      const { kind } = open(opener, width, name);
      closer.run.closes.push(cut(closer, closer.sign[1] ? 9 : width, kind));
    }
    if (name === "" || !opener.run.text) this.#remove(opener);
    if (name === "" || !closer.run.text) this.#remove(closer);
  }

  #remove(gone: Delimiter): void {
    if (gone.before) gone.before.after = gone.after;
    if (gone.after) gone.after.before = gone.before;
    else this.#last = gone.before;
  }
}

/** What single tildes make of the text between them: after a word a subscript, as in `H~2~O`, or nothing, as in `5~10`. */
function nameOf({ text, position }: Delimiter, { position: end }: Delimiter): "s" | "sub" | "" {
  const around = text.slice(Math.max(0, position - 1), end + 2);
  if (!/^[\p{L}\p{N})\]}]~(?!~)/u.test(around)) return "s";
  return /^\d.*\d$/s.test(around) || /[ \t\n]/.test(text.slice(position, end)) ? "" : "sub";
}

/** How many of its characters a run gives to a pair: two at most, unless it is a tag. */
function widthOf({ run, sign }: Delimiter): number {
  return Math.min(sign[1] ? 9 : 2, run.text.length);
}

function open(delimiter: Delimiter, width: number, name?: Mark["kind"]): Mark {
  const { sign, run } = delimiter;
  const mark = cut(delimiter, width, name ?? (sign === "~" ? "s" : sign[1] ? (sign as "sub") : width > 1 ? "strong" : "em"));
  run.opens.unshift(mark);
  return mark;
}

function cut({ run }: Delimiter, width: number, kind: Mark["kind"]): Mark {
  const source = run.text.slice(0, width);
  run.text = run.text.slice(width);
  return { kind, source };
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
