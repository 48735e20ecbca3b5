/** The inline content of a leaf: code spans, emphasis, links, formulas and the rest. It is read once, from left to right. */
import { labelAt, match, targetAt } from "./addresses";
import { codeOf, Ticks } from "./codespans";
import { Delimiters } from "./emphasis";
import { ESCAPABLE, referenceAt } from "./entities";
import { formulaAt, unclosedFormulaAt, type Closings, type Formula } from "./formulas";
import { heldBack, isUnfinishedTarget, startsWord } from "./healing";
import type { Piece } from "./nodes";
import { address } from "./policy";
import { treeOf } from "./tree";
import { span, type Bracket, type Run, type Token } from "./tokens";
import { autolinkAt, bareUrlAt } from "./urls";

const PLAIN = /[^\\`*_~[\]!<&$:.\n]+/y;
/** The few elements that models write: see `desiru_notebook/markdown/tags.py`. */
const TAG = /<(?:(\/?)(sub|sup|kbd)>|br[ \t]*\/?>[ \t]*\n?[ \t]*)/iy;
const MAX_LABEL = 999;

/** Where a label leads, if that is known. */
export type Lookup = (label: string) => string | undefined;

/** The pieces of a leaf that is complete. */
export function inlinePieces(text: string, lookup: Lookup): Piece[] {
  return new Scanner(text, lookup, false).pieces();
}

/** The pieces of a leaf that still grows: what is open is shown as if it were closed, and no marker shows for a moment. */
export function growingPieces(text: string, lookup: Lookup): Piece[] {
  return new Scanner(heldBack(text), lookup, true).pieces();
}

interface OpenBracket {
  readonly token: Bracket;
  /** Where the text in the brackets begins. */
  readonly start: number;
  readonly delimiters: unknown;
  readonly isImage: boolean;
  /** A link that stands after it has made it text: links do not nest. */
  isText: boolean;
  holdsBrackets: boolean;
}

class Scanner {
  readonly #text: string;
  readonly #lookup: Lookup;
  readonly #grows: boolean;
  readonly #tokens: Token[] = [];
  readonly #delimiters = new Delimiters();
  readonly #ticks: Ticks;
  readonly #closings: Closings = {};
  readonly #brackets: OpenBracket[] = [];
  #position = 0;
  #pending = "";

  constructor(text: string, lookup: Lookup, grows: boolean) {
    this.#text = text;
    this.#lookup = lookup;
    this.#grows = grows;
    this.#ticks = new Ticks(text);
  }

  pieces(): Piece[] {
    while (this.#position < this.#text.length) this.#next();
    this.#flush();
    if (this.#grows) this.#heal();
    else this.#delimiters.settle(undefined);
    return treeOf(this.#tokens);
  }

  #next(): void {
    const plain = match(PLAIN, this.#text, this.#position)?.[0];
    if (plain !== undefined) return this.#take(plain, plain.length);
    const sign = this.#text[this.#position]!;
    const isRead = this.#special(sign);
    if (!isRead) this.#take(sign, 1);
  }

  #special(sign: string): boolean {
    if (sign === "`") return this.#code();
    if (sign === "*" || sign === "_" || sign === "~") return this.#run(sign);
    if (sign === "[") return this.#open("[");
    if (sign === "!") return this.#text[this.#position + 1] === "[" && this.#open("![");
    if (sign === "]") return this.#close();
    if (sign === "\n") return this.#break();
    if (sign === "\\") return this.#formula() || this.#escape();
    if (sign === "$") return this.#formula() || this.#dollars();
    if (sign === "&") return this.#reference();
    return sign === "<" ? this.#tag() || this.#autolink() : this.#bareUrl();
  }

  /** Text as it stands. */
  #take(text: string, length: number): void {
    this.#pending += text;
    this.#position += length;
  }

  #flush(): void {
    if (this.#pending) this.#tokens.push({ type: "text", text: this.#pending });
    this.#pending = "";
  }

  #push(token: Token, length: number): true {
    this.#flush();
    this.#tokens.push(token);
    this.#position += length;
    return true;
  }

  #atom(pieces: Piece[], said: string, length: number): true {
    return this.#push({ type: "atom", pieces, said }, length);
  }

  #code(): true {
    const opening = this.#ticks.at(this.#position);
    const start = this.#position + opening.length;
    const end = this.#ticks.closing(opening.length, start) ?? this.#unclosedCode(start);
    if (end === undefined) this.#take(opening, opening.length);
    else this.#push(codeOf(this.#text.slice(start, end)), Math.min(end + opening.length, this.#text.length) - this.#position);
    return true;
  }

  #unclosedCode(start: number): number | undefined {
    return this.#grows && startsWord(this.#text, this.#position, start) ? this.#text.length : undefined;
  }

  #run(sign: string): true {
    let end = this.#position;
    while (this.#text[end] === sign) end++;
    const run: Run = { type: "run", closes: [], text: this.#text.slice(this.#position, end), opens: [] };
    this.#delimiters.add(run, this.#text, this.#position);
    return this.#push(run, run.text.length);
  }

  #tag(): boolean {
    const [text, ends, name] = match(TAG, this.#text, this.#position) ?? [];
    if (text === undefined) return false;
    if (name === undefined) return this.#endLine(true, text.length);
    const run: Run = { type: "run", closes: [], text, opens: [] };
    this.#delimiters.add(run, this.#text, this.#position, name.toLowerCase(), !ends);
    return this.#push(run, text.length);
  }

  #open(marker: "[" | "!["): true {
    const token: Bracket = { type: "bracket", text: marker };
    const outer = this.#brackets.at(-1);
    if (outer) outer.holdsBrackets = true;
    this.#push(token, marker.length);
    const delimiters = this.#delimiters.mark;
    const isImage = marker === "![";
    this.#brackets.push({ token, start: this.#position, delimiters, isImage, isText: false, holdsBrackets: false });
    return true;
  }

  #close(): boolean {
    const bracket = this.#brackets.pop();
    if (!bracket || bracket.isText) return false;
    const target = targetAt(this.#text, this.#position + 1) ?? this.#referenceTarget(bracket) ?? this.#unfinishedTarget();
    if (!target) return false;
    bracket.token.opens = { kind: bracket.isImage ? "image" : "link", source: target.text };
    this.#push({ type: "close" }, target.end - this.#position);
    this.#delimiters.settle(bracket.delimiters);
    if (!bracket.isImage) this.#endLinks();
    return true;
  }

  #referenceTarget({ start, holdsBrackets }: OpenBracket): { text: string; end: number } | undefined {
    const label = labelAt(this.#text, this.#position + 1);
    if (!label?.text && (holdsBrackets || this.#position - start > MAX_LABEL)) return undefined;
    const source = this.#lookup(label?.text || this.#text.slice(start, this.#position));
    return source === undefined ? undefined : { text: source, end: label?.end ?? this.#position + 1 };
  }

  #unfinishedTarget(): { text: undefined; end: number } | undefined {
    const isUnfinished = this.#grows && isUnfinishedTarget(this.#text, this.#position + 1);
    return isUnfinished ? { text: undefined, end: this.#text.length } : undefined;
  }

  #endLinks(): void {
    for (let place = this.#brackets.length - 1; place >= 0; place--) {
      const bracket = this.#brackets[place]!;
      if (bracket.isText) return;
      if (!bracket.isImage) bracket.isText = true;
    }
  }

  /** Two spaces or a backslash before a line end break the line; other spaces around it are no text. */
  #break(): true {
    const isHard = this.#pending.endsWith("  ");
    let end = this.#pending.length;
    while (this.#pending[end - 1] === " ") end--;
    this.#pending = this.#pending.slice(0, end);
    let next = this.#position + 1;
    while (this.#text[next] === " ") next++;
    return this.#endLine(isHard, next - this.#position);
  }

  #endLine(isHard: boolean, length: number): true {
    if (isHard) return this.#atom([span("br")], "\n", length);
    this.#take("\n", length);
    return true;
  }

  #escape(): boolean {
    const escaped = this.#text[this.#position + 1] ?? "";
    if (escaped === "\n") return this.#endLine(true, /^ */.exec(this.#text.slice(this.#position + 2))![0].length + 2);
    if (!ESCAPABLE.test(escaped)) return false;
    this.#take(escaped, 2);
    return true;
  }

  #formula(): boolean {
    const formula = formulaAt(this.#text, this.#position, this.#closings) ?? this.#unclosedFormula();
    return formula !== undefined && this.#push(formula.atom, formula.length);
  }

  #unclosedFormula(): Formula | undefined {
    if (!this.#grows || !startsWord(this.#text, this.#position, this.#position + 1)) return undefined;
    return unclosedFormulaAt(this.#text, this.#position);
  }

  /** Where two dollars open nothing, the second does not either. */
  #dollars(): boolean {
    if (this.#text[this.#position + 1] !== "$") return false;
    this.#take("$$", 2);
    return true;
  }

  #reference(): boolean {
    const reference = referenceAt(this.#text, this.#position);
    if (reference) this.#take(reference.characters, reference.length);
    return reference !== undefined;
  }

  #autolink(): boolean {
    const found = autolinkAt(this.#text, this.#position);
    if (!found) return false;
    const { text } = found;
    const href = address(found.source)?.href;
    return this.#push(href === undefined ? { type: "text", text } : { type: "url", text, href }, text.length + 2);
  }

  #bareUrl(): boolean {
    const found = bareUrlAt(this.#text, this.#position);
    if (!found) return false;
    const { text, href, beginning, rest } = found;
    this.#pending = this.#pending.slice(0, -beginning);
    return this.#push({ type: "url", text, href }, rest);
  }

  /** What is open at the end holds to the end. */
  #heal(): void {
    for (const { token, start, isImage } of this.#brackets) {
      if (isImage) token.opens = { kind: "image", source: undefined };
      else if (startsWord(this.#text, start - 1, start)) token.text = "";
    }
    this.#delimiters.settleOpen();
  }
}
