/** Formulas inside a line: which characters make one, and how it is shown. */
import { match } from "./addresses";
import type { Piece } from "./nodes";
import { isAllowed } from "./tex";
import { span, type Atom } from "./tokens";

const CLOSING: Readonly<Record<string, string>> = { $$: "$$", "\\[": "\\]", "\\(": "\\)" };
/** Prices and the variables of a shell are no formulas; why, and what else is none: `desiru_notebook/markdown/formulas.py`. */
const DOLLARS = /\$(?![\s/),;]|[.:]\s)((?:[^$\\`]|\\[^`]){1,1000})(?<![\s"/:])\$(?:(?![\w{])|(?=(?:th|st|nd|rd|s)\b))/y;
const UNCLOSED = /\$(?!\s|\d|[A-Z_]{2})(?:[^$\\`]|\\[^`]?){1,1000}$/y;
const OPENED = /(?<!\\)\\\[/;
const MATHEMATICS = /\\[A-Za-z]|[\^{}\p{Sm}\p{No}]|\w\(|\b(?:[A-Za-z]|\d+)(?:[_!]| [-*/] |\*\w)/u;
const NUMBER_OR_WORD = /^(?:[\d.,]+|[0-9A-Za-z]{2,40}|\$.*)$/;

/** A formula and how long its source is. */
export interface Formula {
  readonly atom: Atom;
  readonly length: number;
}

/** Where each closing mark of a text was found last, or -1: without it, every opening mark would look for its own. */
export type Closings = Record<string, number>;

export function formulaAt(text: string, position: number, closings: Closings): Formula | undefined {
  const opening = text.slice(position, position + 2);
  const tex = opening in CLOSING ? between(text, position + 2, opening, closings) : match(DOLLARS, text, position)?.[1];
  if (tex === undefined) return undefined;
  const length = tex.length + 2 * (opening in CLOSING ? 2 : 1);
  return { atom: shown(tex.trim(), text.slice(position, position + length), isDisplay(opening)), length };
}

/** A formula whose end is still to come: its source. */
export function unclosedFormulaAt(text: string, position: number): Formula | undefined {
  const opening = text.slice(position, position + 2);
  const source = opening in CLOSING ? text.slice(position) : match(UNCLOSED, text, position)?.[0];
  if (source === undefined || /^\\\[\w/.test(source) || source.length > longest(opening) || source.includes("`")) return undefined;
  return { atom: asSource(source, isDisplay(opening)), length: source.length };
}

function between(text: string, start: number, opening: string, closings: Closings): string | undefined {
  const closing = CLOSING[opening]!;
  let end = closings[closing] ?? 0;
  if (end >= 0 && end < start) closings[closing] = end = text.indexOf(closing, start);
  const tex = end - start > longest(opening) ? "" : text.slice(start, Math.max(end, start));
  return isText(opening, tex) || tex.includes("`") || opening + text[end + 2] === "$$$" ? undefined : tex;
}

/** Whether what stands between the marks is no formula. */
export function isText(opening: string, tex: string): boolean {
  const bare = tex.trim();
  const isLine = !tex.includes("\n");
  if (opening === "\\[") return !bare || opens(tex) || (isLine && !MATHEMATICS.test(tex));
  return !bare || (opening === "$$" && isLine && NUMBER_OR_WORD.test(bare));
}

/** Whether another formula begins in what should be one. */
export function opens(tex: string): boolean {
  return OPENED.test(tex);
}

function longest(opening: string): number {
  return opening === "\\(" ? 1000 : 4000;
}

function isDisplay(opening: string): boolean {
  return opening === "$$" || opening === "\\[";
}

function shown(tex: string, source: string, display: boolean): Atom {
  if (!isAllowed(tex, display)) return asSource(source, display);
  const piece: Piece = display ? span("display", `\\[${tex}\\]`) : span("math", `\\(${tex}\\)`);
  return { type: "atom", pieces: [piece], said: source };
}

function asSource(source: string, display: boolean): Atom {
  return { type: "atom", pieces: [span(display ? "texDisplay" : "tex", source)], said: source };
}
