/** Code blocks, fenced and indented: lines in groups that a browser can leave out while they are not in sight. */
import { unescaped } from "./entities";
import { Highlighter, languageName, type Piece as Colored } from "./highlight";
import type { Leaf } from "./leaf";
import type { Cursor } from "./lines";
import { block, paint, textNode, type Piece } from "./nodes";
import type { Page } from "./page";
import { span } from "./tokens";

const GROUP = 64; // lines
/** A longer line grows without colours, and without being painted again. */
const LONGEST = 4096;

abstract class Code implements Leaf {
  readonly #page: Page;
  readonly #element = block("code");
  readonly #source = block("source");
  readonly #highlighter: Highlighter;
  #group = block("lines");
  #lines = 0;
  /** The line that grows, what of it is not painted yet, and the node before it. */
  #line: string | undefined;
  #unpainted = "";
  #mark: Node | null = null;

  constructor(page: Page, parent: HTMLElement, info: string) {
    this.#page = page;
    const word = /[^ \t\n]+/.exec(unescaped(info))?.[0];
    this.#highlighter = new Highlighter(word);
    const pre = block("pre");
    pre.append(this.#source);
    this.#element.append(...(word === undefined ? [] : [label(word)]), pre);
    parent.append(this.#element);
  }

  abstract continues(cursor: Cursor): boolean | "ends";

  begin(cursor: Cursor): void {
    this.beginLine(cursor.rest);
  }

  add(text: string): void {
    if (this.#line === undefined) return;
    this.#line += text;
    this.#unpainted += text;
  }

  endLine(): Leaf {
    if (this.#line === undefined) return this;
    paint(this.#group, joined(this.#highlighter.line(this.#line)), this.#mark);
    this.#group.append("\n");
    this.#mark = this.#group.lastChild;
    this.#line = undefined;
    this.#lines += 1;
    return this;
  }

  paint(): void {
    if (!this.#line || !this.#unpainted) return;
    if (this.#line.length <= LONGEST) paint(this.#group, joined(this.#highlighter.fork().line(this.#line)), this.#mark);
    else this.#group.append(textNode(this.#unpainted));
    this.#unpainted = "";
  }

  close(): void {
    this.#page.frozen(this.#element);
  }

  protected beginLine(text: string): void {
    if (this.#lines % GROUP === 0) this.#addGroup();
    this.#line = this.#unpainted = text;
  }

  #addGroup(): void {
    this.#group = block("lines");
    this.#mark = null;
    this.#source.append(this.#group);
  }
}

export class Fenced extends Code {
  readonly #closing: RegExp;
  readonly #indent: number;

  constructor(page: Page, parent: HTMLElement, fence: string, info: string, indent: number) {
    super(page, parent, info);
    this.#closing = new RegExp(`^${fence[0]}{${fence.length},}[ \\t]*$`);
    this.#indent = indent;
  }

  override continues(cursor: Cursor): boolean | "ends" {
    if (!cursor.isCode && this.#closing.test(cursor.ahead)) return "ends";
    cursor.skipColumns(this.#indent);
    return true;
  }
}

/** Blank lines are code only if more code comes after them. */
export class Indented extends Code {
  #blank: string[] = [];

  constructor(page: Page, parent: HTMLElement) {
    super(page, parent, "");
  }

  override continues(cursor: Cursor): boolean {
    if (!cursor.isCode && !cursor.isBlank) return false;
    cursor.skipColumns(4);
    return true;
  }

  override begin(cursor: Cursor): void {
    if (cursor.isBlank) return void this.#blank.push(cursor.rest);
    for (const blank of this.#blank) {
      this.beginLine(blank);
      this.endLine();
    }
    this.#blank = [];
    super.begin(cursor);
  }
}

/** A code block without a line, for as long as its fence is not complete. */
export function emptyCode(): HTMLElement {
  const made = block("code");
  const pre = block("pre");
  pre.append(block("source"));
  made.append(pre);
  return made;
}

function label(word: string): HTMLElement {
  const made = block("language");
  made.append(textNode(languageName(word)));
  return made;
}

/** Neighbours of one kind are one piece. */
function joined(pieces: readonly Colored[]): Piece[] {
  const made: Colored[] = [];
  for (const { kind, text } of pieces) {
    const last = made.at(-1);
    if (last?.kind === kind) made[made.length - 1] = { kind, text: last.text + text };
    else made.push({ kind, text });
  }
  return made.map(({ kind, text }) => (kind ? span(kind, text) : text));
}
