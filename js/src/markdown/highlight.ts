/**
 * Colours code line by line. From one line to the next it carries only which comment or string is open, so that a line
 * can be coloured as soon as it is there, and never again. `highlight.py` does the same for saved views.
 */
import { language, type Kind, type Language, type Mode, type Rule } from "./languages";

export { languageName } from "./languages";

/** A part of a line, and what it is. */
export type Piece = { kind: Kind; text: string };

/** Longer lines, in characters, are minified code or data: nobody reads them by their colours. */
const TOO_LONG = /^.{4097}/su;

export class Highlighter {
  readonly #word: string | undefined;
  readonly #language: Language;
  #mode: Mode;

  /** `word` is the first one of the code block's info string. */
  constructor(word: string | undefined) {
    this.#word = word;
    this.#language = language(word ?? "");
    this.#mode = this.#language.code;
  }

  /** The pieces of the next line, which together are the line. Its newline, if it has one, is of no kind. */
  line(text: string): Piece[] {
    const body = text.endsWith("\n") ? text.slice(0, -1) : text;
    const pieces: Piece[] = [];
    if (TOO_LONG.test(body)) add(pieces, "", body);
    else this.#read(body, pieces);
    add(pieces, "", text.slice(body.length));
    return pieces;
  }

  /** Another one that has read the same lines: for a line that still grows. */
  fork(): Highlighter {
    const fork = new Highlighter(this.#word);
    fork.#mode = this.#mode;
    return fork;
  }

  #read(text: string, pieces: Piece[]): void {
    for (let at = 0; at < text.length; ) {
      const [found, [, kind, next]] = apply(this.#mode, text, at);
      add(pieces, kind === "word" ? this.#language.kindOf(found) : kind, found);
      if (next) this.#mode = next === "code" ? this.#language.code : next;
      at += found.length;
    }
    if (!this.#mode.carries) this.#mode = this.#language.code;
  }
}

/** What the mode finds at that place, and by which of its rules. */
function apply({ pattern, rules }: Mode, text: string, at: number): [found: string, by: Rule] {
  pattern.lastIndex = at;
  const match = pattern.exec(text) as RegExpExecArray; // the last rule fits any character
  return [match[0], rules[match.indexOf(match[0], 1) - 1] as Rule];
}

function add(pieces: Piece[], kind: Kind, text: string): void {
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else if (text) pieces.push({ kind, text });
}
