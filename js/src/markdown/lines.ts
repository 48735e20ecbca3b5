/** Lines: the stream cut into them, and a cursor that reads one with its columns, where a tab stops at every fourth. */

const LINE_END = /\r\n?|\n/;
const HALF = /[\uD800-\uDBFF]$/;
const TAB = 4;
/** CommonMark has it in the place of NUL, before anything is read. */
const REPLACEMENT = "\uFFFD";

/** A piece of a line; `ends` says whether the line is complete with it. */
export interface LinePiece {
  readonly text: string;
  readonly ends: boolean;
}

/** Cuts the stream into lines wherever its pieces were cut, be it inside a line end or inside a character. */
export class Lines {
  #half = "";
  #afterReturn = false;
  /** A byte order mark at the very beginning is no text. */
  #mark: RegExp | string = /^\ufeff/;

  feed(text: string): LinePiece[] {
    if (!text) return [];
    const lines = this.#whole(text.replace(this.#mark, "")).split(LINE_END);
    const last = lines.pop()!;
    this.#mark = "";
    const pieces = lines.map((line) => ({ text: line, ends: true }));
    return last ? [...pieces, { text: last, ends: false }] : pieces;
  }

  /** The half of a character that the stream ended in. */
  rest(): string {
    return this.#half;
  }

  #whole(text: string): string {
    const whole = this.#half + (this.#afterReturn && text.startsWith("\n") ? text.slice(1) : text);
    this.#afterReturn = text.endsWith("\r");
    this.#half = HALF.exec(whole)?.[0] ?? "";
    return (this.#half ? whole.slice(0, -1) : whole).replaceAll("\0", REPLACEMENT);
  }
}

/** Without the white space at its end, as Markdown counts it. */
export function trimmedEnd(text: string): string {
  let end = text.length;
  while (end > 0 && " \t\n".includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** A place in a line. */
export class Cursor {
  readonly text: string;
  #offset = 0;
  #column = 0;
  #insideTab = false;
  #nonspace = 0;
  #nonspaceColumn = 0;

  constructor(text: string) {
    this.text = text;
    this.#look();
  }

  /** How many columns of white space come next. */
  get indent(): number {
    return this.#nonspaceColumn - this.#column;
  }

  get isCode(): boolean {
    return this.indent >= 4;
  }

  get isBlank(): boolean {
    return this.#nonspace >= this.text.length;
  }

  /** What comes after the white space. */
  get ahead(): string {
    return this.text.slice(this.#nonspace);
  }

  /** What comes next; of a tab that is read in part, the spaces that are left. */
  get rest(): string {
    if (!this.#insideTab) return this.text.slice(this.#offset);
    return " ".repeat(TAB - (this.#column % TAB)) + this.text.slice(this.#offset + 1);
  }

  skipSpace(): void {
    this.#offset = this.#nonspace;
    this.#column = this.#nonspaceColumn;
    this.#insideTab = false;
  }

  /** Go over characters that are no tabs. */
  skip(count: number): void {
    this.#offset += count;
    this.#column += count;
    this.#insideTab = false;
    this.#look();
  }

  /** Go over up to `count` columns of white space; returns how many there were. */
  skipColumns(count: number): number {
    const target = this.#column + Math.min(count, this.indent);
    const skipped = target - this.#column;
    while (this.#column < target) this.#step(target);
    this.#look();
    return skipped;
  }

  #step(target: number): void {
    const stop = this.text[this.#offset] === "\t" ? this.#column + TAB - (this.#column % TAB) : this.#column + 1;
    this.#column = Math.min(stop, target);
    this.#insideTab = stop > target;
    if (!this.#insideTab) this.#offset += 1;
  }

  #look(): void {
    let column = this.#column;
    let offset = this.#offset;
    for (let sign = this.text[offset]; sign === " " || sign === "\t"; sign = this.text[++offset]) {
      column += sign === "\t" ? TAB - (column % TAB) : 1;
    }
    this.#nonspace = offset;
    this.#nonspaceColumn = column;
  }
}
