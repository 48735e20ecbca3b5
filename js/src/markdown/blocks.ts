/** Takes the lines of a text into its blocks. Only those that are open are kept: what is closed is in the page for good. */
import { emptyCode, Fenced, Indented } from "./code";
import { Item, List, Quote, Root, type Container } from "./containers";
import { Display } from "./display";
import { Heading } from "./heading";
import type { Leaf } from "./leaf";
import { Cursor } from "./lines";
import { block } from "./nodes";
import type { Page } from "./page";
import { Paragraph } from "./paragraph";
import { isDecided, skipMarker, startOf, type Start } from "./starts";
import { Table } from "./table";

/** How deep containers nest; the mark of a deeper one is text. */
const MAX_DEPTH = 20;

/** So many lines are Markdown. Behind them stands one code block: a page of so many blocks is hard to scroll. */
const MOST_LINES = 10_000;

/** A line that is undecided at this length is looked at again only when it has doubled. */
const LONG_LINE = 4096;

/** Within a list there are only items. */
type Place = Root | Quote | Item;

type ItemStart = Start & { kind: "item" };

export class Blocks {
  readonly #page: Page;
  /** From the outside in. */
  readonly #open: Container[];
  #leaf: Leaf | undefined;
  /** The line that grows, until what it is has been decided; then its text goes to the leaf. */
  #line = "";
  #isDecided = false;
  #nextLook = 0;
  #lines = 0;
  /** An empty code block, for a fence whose line is not complete. */
  #foreseen: HTMLElement | undefined;
  /** If the last line was blank, how many quotes it stood in. */
  #blankIn: number | undefined;

  constructor(page: Page, root: HTMLElement) {
    this.#page = page;
    this.#open = [new Root(root)];
  }

  /** More of the present line. */
  add(text: string): void {
    if (this.#isDecided) return this.#grow(text);
    this.#line += text;
    if (this.#line.length < this.#nextLook) return;
    this.#isDecided = isDecided(this.#line);
    if (this.#isDecided) this.#take(this.#line);
    else this.#nextLook = this.#line.length > LONG_LINE ? 2 * this.#line.length : 0;
  }

  #grow(text: string): void {
    this.#leaf?.add(text);
    this.#look();
  }

  #look(): void {
    if (this.#leaf instanceof Display && this.#leaf.isText) this.#giveUp(this.#leaf);
  }

  endLine(): void {
    if (!this.#isDecided) this.#take(this.#line);
    this.#endLeafLine();
    this.#line = "";
    this.#isDecided = false;
    this.#nextLook = 0;
    this.#lines++;
  }

  paint(): void {
    this.#page.references.repaint();
    this.#leaf?.paint();
    this.#foresee();
  }

  /** No more text comes. White space after the last line end is no line. */
  close(): void {
    if (/[^ \t]/.test(this.#line)) this.endLine();
    this.#closeAll();
    this.#page.references.repaint();
  }

  #endLeafLine(): void {
    this.#leaf = this.#leaf?.endLine();
    this.#look();
  }

  /** There is no formula: its first line is a paragraph's, and the others begin what they begin. */
  #giveUp(display: Display): void {
    const { lines, rest } = display;
    this.#leaf = display.toParagraph();
    for (const line of lines) {
      this.#takeLine(line);
      this.#endLeafLine();
    }
    if (rest === undefined) return;
    this.#line = "";
    this.#isDecided = false;
    this.add(rest);
  }

  /** A fence is never shown as text: its block is in the page before the line is complete. */
  #foresee(): void {
    if (this.#foreseen || !this.#line || this.#isDecided || this.#line.length > LONG_LINE) return;
    const cursor = new Cursor(this.#line);
    const kept = this.#match(cursor);
    const above = kept === this.#open.length ? this.#leaf : undefined;
    if (above instanceof Fenced || above instanceof Display || startOf(cursor, undefined)?.kind !== "fence") return;
    this.#foreseen = emptyCode();
    const inner = this.#open[kept - 1]!;
    const place = (inner instanceof List ? this.#open[kept - 2]! : inner) as Place;
    place.makeRoom();
    place.element.append(this.#foreseen);
  }

  #take(line: string): void {
    this.#foreseen?.remove();
    this.#foreseen = undefined;
    if (this.#lines === MOST_LINES) this.#endMarkdown();
    this.#takeLine(line);
  }

  #takeLine(line: string): void {
    const cursor = new Cursor(line);
    const kept = this.#match(cursor);
    const continues = kept === this.#open.length && this.#leaf?.continues(cursor);
    if (this.#leaf instanceof Display && !continues) {
      this.#giveUp(this.#leaf);
      return this.#takeLine(line);
    }
    const blankIn = cursor.isBlank ? quotes(this.#open.slice(0, kept)) : undefined;
    this.#takeRest(cursor, kept, continues);
    this.#blankIn = blankIn;
  }

  /** No line ends the code that comes now. */
  #endMarkdown(): void {
    this.#closeAll();
    this.#leaf = new Fenced(this.#page, this.#place().element, "\n", "", 0);
  }

  /** How many of the open containers the line goes on in. */
  #match(cursor: Cursor): number {
    let kept = 1;
    while (this.#open[kept]?.continues(cursor)) kept++;
    return kept;
  }

  #takeRest(cursor: Cursor, kept: number, continues: boolean | "ends" | undefined): void {
    if (continues === "ends") return this.#closeTo(kept);
    if (continues && !(this.#leaf instanceof Paragraph || this.#leaf instanceof Table)) return this.#leaf?.begin(cursor);
    if (this.#start(cursor, kept, continues ? this.#leaf : undefined)) return;
    const isLazy = this.#leaf instanceof Paragraph && !cursor.isBlank;
    if (continues || isLazy) return this.#leaf?.begin(cursor);
    this.#closeTo(kept);
    if (!cursor.isBlank) this.#beginText(cursor);
  }

  /** Open what the rest of the line begins; false if it begins nothing. */
  #start(cursor: Cursor, kept: number, above: Leaf | undefined): boolean {
    const start = this.#startAt(cursor, this.#open.slice(0, kept), above);
    if (!start) return false;
    if (above instanceof Paragraph && (start.kind === "underline" || start.kind === "table")) this.#change(above, start);
    else {
      this.#closeTo(kept);
      this.#begin(cursor, start);
    }
    return true;
  }

  #startAt(cursor: Cursor, containers: readonly Container[], above: Leaf | undefined): Start | undefined {
    if (cursor.isCode) return cursor.isBlank || this.#leaf instanceof Paragraph ? undefined : { kind: "code" };
    const start = startOf(cursor, above);
    return start && isTooDeep(start, containers) ? undefined : start;
  }

  /** A paragraph turns out to be something else. */
  #change(paragraph: Paragraph, start: Start): void {
    if (start.kind === "underline") this.#leaf = paragraph.toHeading(start.depth);
    if (start.kind !== "table") return;
    paragraph.closeBeforeHead();
    this.#leaf = new Table(this.#page, this.#top as Place, start.head, start.alignments);
  }

  #begin(cursor: Cursor, start: Start): void {
    if (start.kind === "quote") this.#beginQuote(cursor);
    else if (start.kind === "item") this.#beginItem(cursor, start);
    else if (start.kind === "rule") this.#place().element.append(block("rule"));
    else this.#beginLeaf(cursor, start);
  }

  #beginQuote(cursor: Cursor): void {
    const place = this.#place();
    Quote.skipMark(cursor);
    this.#enter(place, new Quote());
    this.#takeInside(cursor);
  }

  #beginItem(cursor: Cursor, start: ItemStart): void {
    const marker = skipMarker(cursor, start);
    const list = this.#top;
    if (!(list instanceof List && list.takes(marker))) this.#enter(this.#place(), new List(marker));
    else this.#makeRoomIn(list);
    this.#blankIn = undefined;
    this.#enter(this.#top, new Item(marker));
    this.#takeInside(cursor);
  }

  #makeRoomIn(list: List): void {
    if (this.#isAfterBlank) list.loosen();
    (this.#open.at(-2) as Place).makeRoomIn(list);
  }

  #beginLeaf(cursor: Cursor, start: Start): void {
    const indent = cursor.indent;
    const { element } = this.#place();
    if (start.kind === "fence") this.#leaf = new Fenced(this.#page, element, start.fence, start.info, indent);
    else if (start.kind === "code") this.#beginIndented(cursor, element);
    else if (start.kind === "heading") this.#beginHeading(cursor, element, start.depth);
    else if (start.kind === "display") {
      this.#leaf = new Display(this.#page, element, start.opening);
      this.#leaf.begin(cursor);
    }
  }

  #beginIndented(cursor: Cursor, parent: HTMLElement): void {
    this.#leaf = new Indented(this.#page, parent);
    this.#leaf.continues(cursor);
    this.#leaf.begin(cursor);
  }

  #beginHeading(cursor: Cursor, parent: HTMLElement, depth: number): void {
    cursor.skipSpace();
    cursor.skip(depth);
    this.#leaf = new Heading(this.#page, parent, depth);
    this.#leaf.begin(cursor);
  }

  #beginText(cursor: Cursor): void {
    const isFirst = this.#top instanceof Item && this.#top.isEmpty;
    const place = this.#place();
    this.#leaf = new Paragraph(this.#page, place.element, isFirst && place instanceof Item ? place : undefined);
    this.#leaf.begin(cursor);
  }

  #takeInside(cursor: Cursor): void {
    if (!this.#start(cursor, this.#open.length, undefined) && !cursor.isBlank) this.#beginText(cursor);
  }

  get #top(): Container {
    return this.#open.at(-1)!;
  }

  /** The container that a block other than an item goes to. */
  #place(): Place {
    if (this.#top instanceof List) this.#open.pop();
    const place = this.#top as Place;
    place.makeRoom();
    const list = this.#open.at(-2);
    if (place instanceof Item && list instanceof List && this.#isAfterBlank && !place.isEmpty) list.loosen();
    if (place instanceof Item) place.isEmpty = false;
    this.#blankIn = undefined;
    return place;
  }

  #enter(place: Container, container: Container): void {
    place.element.append(container.element);
    this.#open.push(container);
  }

  /** Whether a blank line stands before the next block of the innermost container. */
  get #isAfterBlank(): boolean {
    return this.#blankIn === quotes(this.#open);
  }

  #closeAll(): void {
    while (this.#leaf instanceof Display) this.#giveUp(this.#leaf);
    this.#closeTo(1);
  }

  #closeTo(kept: number): void {
    this.#leaf?.close();
    this.#leaf = undefined;
    this.#open.length = kept;
  }
}

function quotes(containers: readonly Container[]): number {
  return containers.filter((container) => container instanceof Quote).length;
}

function isTooDeep(start: Start, containers: readonly Container[]): boolean {
  if (start.kind !== "quote" && start.kind !== "item") return false;
  const last = containers.at(-1);
  if (start.kind === "item" && last instanceof List && last.takes(start)) return false;
  const depth = containers.reduce((sum, container) => sum + container.depth, 0);
  return depth - (last instanceof List ? last.depth : 0) >= MAX_DEPTH;
}
