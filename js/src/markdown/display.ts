/** Displayed formulas: from `$$` or `\[` to the closing mark at a line's end. Without that mark the lines are a paragraph. */
import type { Leaf } from "./leaf";
import { Cursor, trimmedEnd } from "./lines";
import { block, textNode } from "./nodes";
import type { Page } from "./page";
import { Paragraph } from "./paragraph";
import { isAllowed } from "./tex";

/** A formula whose end is farther away, in UTF-16 units, is none: what comes must not all be made a paragraph at the end. */
const LONGEST = 4096;

export class Display implements Leaf {
  readonly #page: Page;
  readonly #parent: HTMLElement;
  readonly #closing: "$$" | "\\]";
  readonly #element = block("tex");
  readonly #lines: string[] = [];
  /** How long the lines before the present one are. */
  #length = 0;
  #line = "";
  #unpainted = "";

  constructor(page: Page, parent: HTMLElement, opening: string) {
    this.#page = page;
    this.#parent = parent;
    this.#closing = opening === "$$" ? opening : "\\]";
    parent.append(this.#element);
  }

  continues(cursor: Cursor): boolean {
    return !cursor.isBlank;
  }

  begin(cursor: Cursor): void {
    this.#line = "";
    if (this.#lines.length) this.#unpainted += "\n";
    this.add(cursor.ahead);
  }

  add(text: string): void {
    this.#line += text;
    this.#unpainted += text;
  }

  endLine(): Leaf | undefined {
    const { isText } = this;
    const isOpen = this.#end < 0;
    this.#endLine();
    if (isOpen && !isText) return this;
    return isText || !this.#tex ? this.toParagraph() : this.#finish();
  }

  /** Whether what has come of the line shows that there is no formula. */
  get isText(): boolean {
    const end = this.#end;
    if (end < 0 || this.#length + end > LONGEST) return this.#length + this.#line.length > LONGEST + 1;
    return /[^ \t]/.test(this.#line.slice(end + 2));
  }

  /** Until it is closed a formula is its source. */
  paint(): void {
    if (this.#unpainted) this.#element.append(textNode(this.#unpainted));
    this.#unpainted = "";
  }

  close(): void {
    this.toParagraph().close();
  }

  /** What the lines are if the formula is not closed. */
  toParagraph(): Paragraph {
    if (this.#line) this.#endLine();
    this.#element.remove();
    const paragraph = new Paragraph(this.#page, this.#parent);
    for (const line of this.#lines) paragraph.begin(new Cursor(line));
    return paragraph;
  }

  #endLine(): void {
    this.#lines.push(this.#line);
    this.#length += this.#line.length;
    this.#line = "";
  }

  /** Where the closing mark stands in the line. */
  get #end(): number {
    return this.#line.indexOf(this.#closing, this.#lines.length ? 0 : 2);
  }

  get #source(): string {
    return trimmedEnd(this.#lines.join("\n"));
  }

  get #tex(): string {
    return this.#source.slice(2, -2).trim();
  }

  #finish(): undefined {
    const isShown = isAllowed(this.#tex, true);
    const made = block(isShown ? "formula" : "tex");
    made.append(textNode(isShown ? `\\[${this.#tex}\\]` : this.#source));
    this.#element.replaceWith(made);
    this.#page.frozen(made);
  }
}
