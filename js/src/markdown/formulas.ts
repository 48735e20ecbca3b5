/** Formulas inside a line: which characters make one, and how it is shown. */
import type { Piece } from "./nodes";
import { isAllowed } from "./tex";
import { span, type Atom } from "./tokens";

const CLOSING: Readonly<Record<string, string>> = { $$: "$$", "\\[": "\\]", "\\(": "\\)" };
/** Prices are no formulas: the second dollar is the next one, after no white space and before no digit. */
const DOLLARS = /\$(?!\s)((?:[^$\\`]|\\[^`]){1,1000})\$(?!\d)/y;
const UNCLOSED = /\$(?![\s\d])(?:[^$\\`]|\\[^`]?){1,1000}$/y;

/** A formula and how long its source is. */
export interface Formula {
  readonly atom: Atom;
  readonly length: number;
}

/** Where each closing mark of a text was found last, or -1: without it, every opening mark would look for its own. */
export type Closings = Record<string, number>;

export function formulaAt(text: string, position: number, closings: Closings): Formula | undefined {
  const opening = text.slice(position, position + 2);
  const tex = opening in CLOSING ? between(text, position + 2, opening, closings) : betweenDollars(text, position);
  if (tex === undefined) return undefined;
  const length = tex.length + 2 * (opening in CLOSING ? 2 : 1);
  return { atom: shown(tex.trim(), text.slice(position, position + length), isDisplay(opening)), length };
}

/** A formula whose end is still to come: its source. */
export function unclosedFormulaAt(text: string, position: number): Formula | undefined {
  const opening = text.slice(position, position + 2);
  const source = opening in CLOSING ? text.slice(position) : (UNCLOSED.lastIndex = position, UNCLOSED.exec(text)?.[0]);
  if (source === undefined || source.length > longest(opening) || source.includes("`")) return undefined;
  return { atom: asSource(source, isDisplay(opening)), length: source.length };
}

function between(text: string, start: number, opening: string, closings: Closings): string | undefined {
  const closing = CLOSING[opening]!;
  let end = closings[closing] ?? 0;
  if (end >= 0 && end < start) closings[closing] = end = text.indexOf(closing, start);
  const tex = end - start > longest(opening) ? "" : text.slice(start, Math.max(end, start));
  return tex.trim() && !tex.includes("`") ? tex : undefined;
}

function betweenDollars(text: string, position: number): string | undefined {
  DOLLARS.lastIndex = position;
  const tex = DOLLARS.exec(text)?.[1];
  return tex === undefined || /\s$/.test(tex) ? undefined : tex;
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
