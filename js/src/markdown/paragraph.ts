/** Paragraphs. A long one is cut into pieces that stay as they are; definitions of links at its beginning are no text. */
import type { Item } from "./containers";
import { Heading } from "./heading";
import type { Leaf } from "./leaf";
import { trimmedEnd, type Cursor } from "./lines";
import { block, more, type Piece } from "./nodes";
import type { Page } from "./page";
import { Phrase } from "./phrase";
import { definitionsIn } from "./references";
import { span } from "./tokens";

/** A piece is cut at the first space or line end after so many characters, and after twice as many in any case. */
const SEGMENT = 4096;
/** Behind so many characters the piece that grows is a block of its own: the browser would lay out all of them in each frame. */
const LONG = 16384;
const BOX = /^\[([ xX])\][ \t]+/;
const HALF_A_BOX = /^\[(?:[ xX]\]?)?$/;
const HALF_A_DEFINITION = /^\[[^[\]]*\]:\s*$/;

export class Paragraph implements Leaf {
  readonly #page: Page;
  readonly #item: Item | undefined;
  #element = block("paragraph");
  /** The piece that grows: the element itself, as long as it is not cut. */
  #piece = this.#element;
  #phrase: Phrase;
  /** The text before the piece that grows, and that piece. */
  #past = "";
  #text = "";
  /** The last line; it may be the head of a table. */
  #line = "";
  #isIndented = false;
  /** Where the last definition begins: those before it stay as they are, and are not read again. */
  #lastDefinition = 0;
  /** Where the text begins, as long as no definition goes on into it. */
  #start = 0;

  /** `item` is the item that the paragraph is the first block of, if it is one's. */
  constructor(page: Page, parent: HTMLElement, item?: Item) {
    this.#page = page;
    this.#item = item;
    this.#phrase = new Phrase(page, this.#piece);
    parent.append(this.#element);
  }

  continues(cursor: Cursor): boolean {
    return !cursor.isBlank;
  }

  begin(cursor: Cursor): void {
    if (this.#text || this.#past) this.#text += "\n";
    this.#line = "";
    this.#isIndented = cursor.isCode;
    this.add(cursor.ahead);
  }

  add(text: string): void {
    this.#text += text;
    this.#line += text;
  }

  endLine(): Leaf {
    return this;
  }

  paint(): void {
    const { text, lead } = this.#cut();
    const isUndecided = !this.#past && (HALF_A_DEFINITION.test(text) || (this.#item && HALF_A_BOX.test(text)));
    this.#phrase.grow(isUndecided ? "" : text, lead);
  }

  close(): void {
    this.#define();
    const { text, lead } = this.#cut();
    if (!text && !lead.length && !this.#past) return this.#element.remove();
    this.#finish(text, lead);
  }

  /** Whether the paragraph holds anything but definitions. */
  get hasText(): boolean {
    if (!(this.#past || this.#text).startsWith("[")) return true;
    const whole = this.#past + this.#text;
    return definitionsIn(whole).end < whole.length;
  }

  /** The heading that the paragraph is when a line is drawn under it. */
  toHeading(depth: number): Heading {
    const text = this.#define();
    const heading = new Heading(this.#page, this.#element.parentElement!, depth, true);
    heading.add(trimmedEnd(text));
    this.#element.remove();
    if (this.#item) this.#item.isTask = false;
    return heading;
  }

  /** The last line, if it may be the head of a table. */
  get head(): string | undefined {
    return this.#isIndented ? undefined : this.#line;
  }

  /** End the paragraph before its last line. */
  closeBeforeHead(): void {
    const whole = this.#past + this.#text;
    this.#restart(whole.slice(0, whole.length - this.#line.length));
    this.close();
  }

  /** Take the definitions out; returns the text. What is shown of it is settled anew unless it begins where it seemed to. */
  #define(): string {
    const whole = this.#past + this.#text;
    const { definitions, end } = definitionsIn(whole);
    if (end && !(this.#past && end === this.#start)) this.#restart(whole.slice(end));
    this.#page.references.define(definitions);
    return whole.slice(end);
  }

  /** Elements that were frozen are not used again: others may have changed them, and they may wait for a definition. */
  #restart(text: string): void {
    const fresh = block("paragraph");
    this.#element.replaceWith(fresh);
    this.#element = this.#piece = fresh;
    this.#phrase = new Phrase(this.#page, fresh);
    this.#past = "";
    this.#text = text;
    this.#lastDefinition = 0;
    if (this.#item) this.#item.isTask = false;
  }

  /** Settle the pieces that are long enough; returns what is left, and what comes before it. */
  #cut(): { text: string; lead: Piece[] } {
    let { skipped, lead } = this.#beginning();
    for (;;) {
      const text = trimmedEnd(this.#text.slice(skipped));
      const end = segmentEnd(text);
      if (end === undefined) return { text, lead };
      this.#settle(text.slice(0, end), lead, skipped + end);
      skipped = 0;
      lead = [];
    }
  }

  #settle(segment: string, lead: Piece[], end: number): void {
    this.#finish(segment, lead);
    this.#past += this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    this.#piece = more(this.#element);
    this.#piece.classList.toggle("desiru-tail", this.#past.length > LONG);
    this.#phrase = new Phrase(this.#page, this.#piece);
  }

  /** The piece that grew stays as it is. */
  #finish(text: string, lead: Piece[]): void {
    this.#phrase.finish(text, lead);
    this.#piece.classList.remove("desiru-tail");
    this.#page.frozen(this.#piece);
  }

  /** What stands at the beginning of the paragraph and is no text: definitions, and the box of a task. */
  #beginning(): { skipped: number; lead: Piece[] } {
    if (this.#past || !this.#text.startsWith("[")) return { skipped: 0, lead: [] };
    const { definitions, last, end } = definitionsIn(this.#text, this.#lastDefinition);
    if (end < this.#text.length) this.#page.references.define(definitions);
    this.#lastDefinition = last;
    this.#start = end;
    const box = this.#item && BOX.exec(this.#text.slice(end));
    if (!this.#item || !box || box[0].length + end >= trimmedEnd(this.#text).length) return { skipped: end, lead: [] };
    this.#item.isTask = true;
    return { skipped: end + box[0].length, lead: [boxOf(box[1] !== " "), " "] };
  }
}

function boxOf(isDone: boolean): Piece {
  return isDone ? span("done", "☑") : span("todo", "☐");
}

/** Where a long text is cut, or undefined while it is short enough or has no space. */
function segmentEnd(text: string): number | undefined {
  if (text.length <= SEGMENT) return undefined;
  const space = text.slice(SEGMENT, 2 * SEGMENT).search(/[ \n]/);
  if (space >= 0) return SEGMENT + space;
  if (text.length <= 2 * SEGMENT) return undefined;
  return /[\uD800-\uDBFF]/.test(text[2 * SEGMENT - 1]!) ? 2 * SEGMENT - 1 : 2 * SEGMENT;
}
