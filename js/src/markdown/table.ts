/** Tables. */
import type { Leaf } from "./leaf";
import type { Cursor } from "./lines";
import { block, cell, type Alignment } from "./nodes";
import type { Page } from "./page";
import { LONGEST, Phrase } from "./phrase";

const DELIMITERS = /^[-:|][-:| \t]+$/;
const DELIMITER = /^:?-+:?$/;
/** Cells that a table may have beyond those that are written: short rows must not make a large table of a small text. */
const MAX_EMPTY = 65536;

/** The alignments that a line under a table's head gives its columns, or undefined if it is no such line. */
export function alignmentsOf(line: string): Alignment[] | undefined {
  if (!DELIMITERS.test(line) || /^-[ \t]/.test(line)) return undefined;
  const columns = cellsOf(line);
  return columns.every((column) => DELIMITER.test(column)) ? columns.map(alignment) : undefined;
}

/** The cells of a row; a bar behind a backslash is text. */
export function cellsOf(row: string): string[] {
  const cells = row.trim().split(/(?<!\\)\|/).map((text) => text.replaceAll("\\|", "|"));
  if (cells[0] === "") cells.shift();
  if (cells.at(-1) === "") cells.pop();
  return cells.map((text) => text.trim());
}

/** How many rows stand together: a browser lays all of them out for each one that comes. */
const GROUP = 64;

/** Where a table stands; it can go on in another element. */
interface Place {
  readonly element: HTMLElement;
  goOn(more: HTMLElement): void;
}

export class Table implements Leaf {
  readonly #page: Page;
  readonly #place: Place;
  readonly #alignments: readonly Alignment[];
  #element = block("table");
  #grid = block("grid");
  #body = block("body");
  #row: string | undefined;
  #phrases: Phrase[] = [];
  #empty = 0;

  constructor(page: Page, place: Place, head: readonly string[], alignments: readonly Alignment[]) {
    this.#page = page;
    this.#place = place;
    this.#alignments = alignments;
    const header = block("head");
    this.#phrases = this.#addRow(header, "th");
    head.forEach((text, column) => this.#phrases[column]!.finish(text));
    this.#grid.append(header);
    this.#element.append(this.#grid);
    place.element.append(this.#element);
  }

  continues(cursor: Cursor): boolean {
    return !cursor.isBlank && !cursor.isCode && this.#empty <= MAX_EMPTY;
  }

  begin(cursor: Cursor): void {
    this.#row = cursor.ahead;
    if (this.#body.childElementCount === GROUP) this.#goOn();
    if (!this.#body.parentNode) this.#grid.append(this.#body);
    this.#phrases = this.#addRow(this.#body, "td");
  }

  add(text: string): void {
    if (this.#row !== undefined) this.#row += text;
  }

  endLine(): Leaf {
    if (this.#row === undefined) return this;
    const cells = cellsOf(this.#row);
    this.#phrases.forEach((phrase, column) => phrase.finish(cells[column] ?? ""));
    this.#empty += this.#alignments.length - cells.length;
    this.#row = undefined;
    return this;
  }

  paint(): void {
    if (this.#row === undefined || this.#row.length > LONGEST) return;
    const cells = cellsOf(this.#row);
    this.#phrases.forEach((phrase, column) => phrase.grow(cells[column] ?? ""));
  }

  close(): void {
    this.#page.frozen(this.#element);
  }

  #goOn(): void {
    this.close();
    this.#element = block("table");
    this.#element.classList.add("desiru-more");
    this.#grid = block("grid");
    this.#body = block("body");
    this.#element.append(this.#grid);
    this.#place.goOn(this.#element);
  }

  #addRow(rows: HTMLElement, kind: "th" | "td"): Phrase[] {
    const row = block("row");
    const cells = this.#alignments.map((side) => cell(kind, side));
    row.append(...cells);
    rows.append(row);
    return cells.map((made) => new Phrase(this.#page, made, this.#element));
  }
}

function alignment(delimiter: string): Alignment {
  if (delimiter.endsWith(":")) return delimiter.startsWith(":") ? "center" : "right";
  return delimiter.startsWith(":") ? "left" : "";
}
