/** Reads JSON, or a Python literal, of which only the beginning may be there. */

/** A whole number is a bigint, so that none of its digits is lost; an object is a map, so that no key is special. */
export type Data = string | number | bigint | boolean | null | Data[] | Map<string, Data>;

export interface Reading {
  /** Undefined while nothing is known of it: what has just been opened may become anything. */
  data: Data | undefined;
  /** Whether the text is all of the data, and nothing but it. */
  whole: boolean;
  /** Whether the text ends inside of the data. */
  cut: boolean;
  /** Whether the text ends in a string that may go on. */
  growing: boolean;
}

const DEEPEST = 200;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
const WORD = /[-+.\w]+/y;
const SPACE = /\s*/y;
const PIECE = { '"': /[^"\\\n]*/y, "'": /[^'\\\n]*/y };
const ESCAPED: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", "\n": "" };
const CODE = /u([\da-fA-F]{4})|x([\da-fA-F]{2})/y;
const OPEN_CODE = /(?:u[\da-fA-F]{0,3}|x[\da-fA-F]?)$/y;
/** The most digits that Python makes a number of. */
const LONGEST = 4300;
const WORDS = new Map<string, Data>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["True", true],
  ["False", false],
  ["None", null],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/** What begins at the start of `text`, or undefined where that is no data. */
export function readData(text: string): Reading | undefined {
  try {
    return new Reader(text).read();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** Whether the text ended inside of what was being read. */
  #cut = false;
  #growing = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Reading {
    const data = this.#value();
    this.#match(SPACE);
    return { data, whole: !this.#cut && this.#at === this.#text.length, cut: this.#cut, growing: this.#growing };
  }

  /** Undefined where the text ends before anything is known of the value. */
  #value(): Data | undefined {
    const first = this.#next();
    if (first === "[") return this.#nested(() => this.#list());
    if (first === "{") return this.#nested(() => this.#map());
    if (first === '"' || first === "'") return this.#string(first);
    return first === undefined ? undefined : this.#scalar();
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) throw new SyntaxError();
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #list(): Data[] | undefined {
    const items: Data[] = [];
    while (this.#goesOn("]")) {
      const item = this.#value();
      if (item !== undefined) items.push(item);
      this.#separator("]");
    }
    return this.#cut && !items.length ? undefined : items;
  }

  #map(): Map<string, Data> | undefined {
    const entries = new Map<string, Data>();
    while (this.#goesOn("}")) {
      const quote = this.#next();
      if (quote !== '"' && quote !== "'") throw new SyntaxError();
      const key = this.#string(quote);
      if (this.#next() !== undefined && !this.#takes(":")) throw new SyntaxError();
      const value = this.#value();
      if (value !== undefined) entries.set(key, value);
      this.#separator("}");
    }
    return this.#cut && !entries.size ? undefined : entries;
  }

  /** Whether another item follows; takes the bracket that ends them. */
  #goesOn(end: string): boolean {
    return this.#next() !== undefined && !this.#takes(end);
  }

  #separator(end: string): void {
    const next = this.#next();
    if (next !== undefined && next !== end && !this.#takes(",")) throw new SyntaxError();
  }

  #takes(char: string): boolean {
    if (this.#next() !== char) return false;
    this.#at++;
    return true;
  }

  /** The next character that is no white space. */
  #next(): string | undefined {
    this.#match(SPACE);
    if (this.#at === this.#text.length) this.#cut = true;
    return this.#text[this.#at];
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #string(quote: '"' | "'"): string {
    this.#at++;
    let value = "";
    for (;;) {
      value += this.#match(PIECE[quote])![0];
      const char = this.#text[this.#at++];
      if (char === quote) return value;
      if (char === "\n") throw new SyntaxError();
      if (char === undefined) return this.#openString(value);
      value += this.#escape();
    }
  }

  /** A string that goes on: half of a character beyond the first plane is not shown. */
  #openString(value: string): string {
    this.#at = this.#text.length;
    this.#cut = this.#growing = true;
    return value.replace(/[\ud800-\udbff]$/, "");
  }

  /** What stands behind a backslash; one that begins no escape stands for itself. */
  #escape(): string {
    const code = this.#match(CODE);
    if (code) return String.fromCharCode(parseInt(code[1] ?? code[2]!, 16));
    if (this.#match(OPEN_CODE) || this.#at === this.#text.length) return "";
    const char = this.#text[this.#at++]!;
    return ESCAPED[char] ?? (/["'\\/]/.test(char) ? char : `\\${char}`);
  }

  /** A number or a word; undefined at the very end of the text, where it may go on. */
  #scalar(): Data | undefined {
    const start = this.#at;
    const number = this.#match(NUMBER);
    if (number && !/[\w.]/.test(this.#text[this.#at] ?? "")) return this.#settled(numberOf(number));
    this.#at = start;
    const word = this.#match(WORD);
    return this.#settled(word ? WORDS.get(word[0]) : undefined);
  }

  #settled(value: Data | undefined): Data | undefined {
    if (this.#depth && this.#at === this.#text.length) {
      this.#cut = true;
      return undefined;
    }
    if (value === undefined) throw new SyntaxError();
    return value;
  }
}

function numberOf([text, fraction, exponent]: RegExpExecArray): number | bigint {
  if (fraction ?? exponent) return Number(text);
  if (text.length > LONGEST) throw new SyntaxError();
  return BigInt(text);
}
