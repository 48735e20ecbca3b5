/** Displayed formulas: from `$$` or `\[` to the closing mark at a line's end. Without that mark the first line is a paragraph's. */
import { isText, opens } from "./formulas";
import type { Leaf } from "./leaf";
import { Cursor, trimmedEnd } from "./lines";
import { block, textNode } from "./nodes";
import type { Page } from "./page";
import { Paragraph } from "./paragraph";
import { isAllowed } from "./tex";

/** A formula whose end is farther away, in UTF-16 units, is none: what comes must not all be read again at the end. */
const LONGEST = 4096;
/** What a formula does not go on with: a heading or a fence. */
const STOP = /^(?:#{1,6}[ \t]|```|~~~)/;

export class Display implements Leaf {
  /** Whether what has come shows that there is no formula. */
  isText = false;
  /** The lines after the first as they came, with the marks of their containers; and the one that grows. */
  readonly lines: string[] = [];
  rest: string | undefined;
  readonly #page: Page;
  readonly #parent: HTMLElement;
  readonly #opening: string;
  readonly #closing: string;
  readonly #element = block("tex");
  /** The lines before the present one. */
  #past = "";
  #length = 0;
  #line = "";
  #unpainted = "";

  constructor(page: Page, parent: HTMLElement, opening: string) {
    this.#page = page;
    this.#parent = parent;
    this.#opening = opening;
    this.#closing = opening === "$$" ? opening : "\\]";
    parent.append(this.#element);
  }

  continues(cursor: Cursor): boolean {
    return !cursor.isBlank && !STOP.test(cursor.ahead);
  }

  begin(cursor: Cursor): void {
    if (this.#past) this.rest = cursor.text.slice(0, cursor.text.length - cursor.ahead.length);
    if (this.#past) this.#unpainted += "\n";
    this.add(cursor.ahead);
  }

  add(text: string): void {
    this.#line += text;
    this.#unpainted += text;
    if (this.rest !== undefined) this.rest += text;
    const end = this.#end;
    const length = this.#length + (end < 0 ? this.#line.length - 1 : end);
    this.isText = length > LONGEST || (end >= 0 && /[^ \t]/.test(this.#line.slice(end + 2)));
  }

  endLine(): Leaf | undefined {
    const isEnd = this.#end >= 0;
    this.isText ||= !isEnd && this.#opening !== "$$" && opens(this.#line.slice(this.#past ? 0 : 2));
    if (this.rest !== undefined) this.lines.push(this.rest);
    this.rest = undefined;
    this.#length += this.#line.length;
    this.#past += `${this.#line}\n`;
    this.#line = "";
    if (!isEnd || this.isText) return this;
    const source = trimmedEnd(this.#past);
    const tex = source.slice(2, -2);
    this.isText = isText(this.#opening, tex);
    return this.isText ? this : this.#finish(source, tex.trim());
  }

  /** Until it is closed a formula is its source. */
  paint(): void {
    if (this.#unpainted) this.#element.append(textNode(this.#unpainted));
    this.#unpainted = "";
  }

  close(): void {}

  /** What the first line is if there is no formula. */
  toParagraph(): Paragraph {
    this.#element.remove();
    const paragraph = new Paragraph(this.#page, this.#parent);
    paragraph.begin(new Cursor((this.#past || this.#line).split("\n", 1)[0]!));
    return paragraph;
  }

  /** Where the closing mark stands in the line. */
  get #end(): number {
    return this.#line.indexOf(this.#closing, this.#past ? 0 : 2);
  }

  #finish(source: string, tex: string): undefined {
    const isShown = isAllowed(tex, true);
    const made = block(isShown ? "formula" : "tex");
    made.append(textNode(isShown ? `\\[${tex}\\]` : source));
    this.#element.replaceWith(made);
    this.#page.frozen(made);
  }
}
