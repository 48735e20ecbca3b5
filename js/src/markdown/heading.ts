/** Headings. */
import type { Leaf } from "./leaf";
import { trimmedEnd, type Cursor } from "./lines";
import { block, heading } from "./nodes";
import type { Page } from "./page";
import { Phrase } from "./phrase";

export class Heading implements Leaf {
  readonly #page: Page;
  readonly #element: HTMLElement;
  readonly #phrase: Phrase;
  readonly #isUnderlined: boolean;
  #text = "";

  constructor(page: Page, parent: HTMLElement, depth: number, isUnderlined = false) {
    this.#page = page;
    this.#element = heading(depth, page.headingLevel(depth));
    this.#isUnderlined = isUnderlined;
    const bold = block("bold");
    this.#element.append(bold);
    this.#phrase = new Phrase(page, bold, this.#element);
    parent.append(this.#element);
  }

  continues(): boolean {
    return false;
  }

  begin(cursor: Cursor): void {
    this.add(cursor.ahead);
  }

  add(text: string): void {
    this.#text += text;
  }

  endLine(): undefined {
    this.close();
  }

  paint(): void {
    this.#phrase.grow(this.#content);
  }

  close(): void {
    this.#phrase.finish(this.#content);
    this.#page.frozen(this.#element);
  }

  get #content(): string {
    return this.#isUnderlined ? this.#text : withoutClosing(this.#text).replace(/^[ \t]+/, "");
  }
}

/** The signs that close a heading are no text. */
function withoutClosing(text: string): string {
  const whole = trimmedEnd(text);
  let end = whole.length;
  while (whole[end - 1] === "#") end--;
  const isClosed = end === 0 || /[ \t]/.test(whole[end - 1]!);
  return isClosed ? trimmedEnd(whole.slice(0, end)) : whole;
}
