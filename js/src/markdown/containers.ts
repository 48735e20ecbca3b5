/** The blocks that hold blocks: the text itself, quotes, lists and their items. */
import type { Cursor } from "./lines";
import { block, list } from "./nodes";

export interface Container {
  readonly element: HTMLElement;
  /** How much it adds to the depth of what is in it. */
  readonly depth: number;
  /** Whether the line goes on in it; if so, the cursor goes over its marks. */
  continues(cursor: Cursor): boolean;
}

/** How many blocks stand together in a part. */
const PART = 32;

/** How many items of a list stand together; it goes on in another part. */
const GROUP = 32;

/** What holds blocks, in parts: a browser leaves alone those that are out of sight, so a long text costs it no more than a short one. */
abstract class Parts {
  /** The last part. */
  element: HTMLElement;
  readonly #whole: HTMLElement;

  constructor(whole: HTMLElement, first = whole) {
    this.#whole = whole;
    this.element = first;
  }

  /** Another block comes. */
  makeRoom(): void {
    if (isFull(this.element)) this.element = block("part");
    if (!this.element.parentNode) this.#whole.append(this.element);
  }

  /** Another item of a list comes. */
  makeRoomIn(list: List): void {
    if (list.element.childElementCount >= GROUP) this.goOn(list.goOn(GROUP));
  }

  /** The last block goes on in `more`, in a part of its own. */
  goOn(more: HTMLElement): void {
    this.element = block("part");
    this.element.append(more);
    this.#whole.append(this.element);
  }
}

/** The text itself. */
export class Root extends Parts implements Container {
  readonly depth = 0;

  constructor(whole: HTMLElement) {
    super(whole, block("part"));
  }

  continues(): boolean {
    return true;
  }
}

/** No part ends where what follows stands nearer or farther than usual, unless nothing else comes. */
function isFull({ childElementCount: count, lastElementChild: last }: HTMLElement): boolean {
  return count >= PART && (count >= 2 * PART || !last?.matches("hr, .desiru-heading"));
}

export class Quote extends Parts implements Container {
  readonly depth = 1;

  constructor() {
    super(block("quote"));
  }

  continues(cursor: Cursor): boolean {
    if (cursor.isCode || !cursor.ahead.startsWith(">")) return false;
    Quote.skipMark(cursor);
    return true;
  }

  static skipMark(cursor: Cursor): void {
    cursor.skipSpace();
    cursor.skip(1);
    cursor.skipColumns(1);
  }
}

/** What begins an item. Items of one list have the same sign: a bullet, or what stands behind the number. */
export interface Marker {
  readonly sign: string;
  /** The number, or undefined for bullets. */
  readonly number: number | undefined;
  /** How many columns the item's text is indented. */
  readonly width: number;
}

export class List implements Container {
  readonly depth = 1;
  readonly #sign: string;
  /** The elements that the items stand in, and the number of the last one's first item. */
  readonly #groups: HTMLElement[];
  #start: number | undefined;
  #isLoose = false;

  constructor({ sign, number }: Marker) {
    this.#sign = sign;
    this.#groups = [list(number)];
    this.#start = number;
  }

  get element(): HTMLElement {
    return this.#groups.at(-1)!;
  }

  continues(): boolean {
    return true;
  }

  takes({ sign }: Pick<Marker, "sign">): boolean {
    return sign === this.#sign;
  }

  /** Another element for what comes after an element of `count` items. */
  goOn(count: number): HTMLElement {
    if (this.#start !== undefined) this.#start += count;
    const more = list(this.#start);
    more.className = this.#isLoose ? "desiru-more desiru-loose" : "desiru-more";
    this.#groups.push(more);
    return more;
  }

  /** A blank line stands between two of its items, or between two blocks of one. */
  loosen(): void {
    if (this.#isLoose) return;
    this.#isLoose = true;
    for (const group of this.#groups) group.classList.add("desiru-loose");
  }
}

export class Item extends Parts implements Container {
  readonly depth = 1;
  isEmpty = true;
  readonly #item: HTMLElement;
  readonly #width: number;

  constructor({ width }: Marker) {
    const item = block("item");
    super(item);
    this.#item = item;
    this.#width = width;
  }

  continues(cursor: Cursor): boolean {
    if (cursor.isBlank ? this.isEmpty : cursor.indent < this.#width) return false;
    cursor.skipColumns(this.#width);
    return true;
  }

  set isTask(value: boolean) {
    if (value) this.#item.className = "desiru-task";
    else this.#item.removeAttribute("class");
  }
}
