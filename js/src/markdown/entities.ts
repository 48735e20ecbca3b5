/** Character references and backslash escapes, as CommonMark reads them. */

const REFERENCE = /&(?:#[xX]([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|([A-Za-z][A-Za-z0-9]{1,31}));/y;
const ESCAPE_OR_REFERENCE = /\\([!-/:-@[-`{-~])|&[#\w]+;/g;
const FORBIDDEN = /[\0-\x08\x0B\x0E-\x1F\x7F-\x9F\uD800-\uDFFF\uFDD0-\uFDEF]/u;
const REPLACEMENT = "\uFFFD";

export const ESCAPABLE = /[!-/:-@[-`{-~]/;

/** The reference at `position`: its characters, and how long it is in the text. */
export function referenceAt(text: string, position: number): { characters: string; length: number } | undefined {
  REFERENCE.lastIndex = position;
  const [source = "", hex, decimal, name] = REFERENCE.exec(text) ?? [];
  if (hex !== undefined) return { characters: character(parseInt(hex, 16)), length: source.length };
  if (decimal !== undefined) return { characters: character(parseInt(decimal, 10)), length: source.length };
  const characters = name === undefined ? undefined : named(name);
  return characters === undefined ? undefined : { characters, length: source.length };
}

/** An address, title or info string as it is meant. */
export function unescaped(text: string): string {
  const meant = (source: string, escaped?: string) => escaped ?? referenceAt(source, 0)?.characters ?? source;
  return text.replace(ESCAPE_OR_REFERENCE, meant);
}

/** Codes that no document may hold come out as the replacement character. */
function character(code: number): string {
  const isAllowed = code <= 0x10ffff && (code & 0xfffe) !== 0xfffe && !FORBIDDEN.test(String.fromCodePoint(code));
  return isAllowed ? String.fromCodePoint(code) : REPLACEMENT;
}

const known = new Map<string, string | undefined>();

/** The browser knows the names. It would also take the beginning of a name for one: then its semicolon is left over. */
function named(name: string): string | undefined {
  if (!known.has(name)) {
    const text = new document.defaultView!.DOMParser().parseFromString(`&${name};`, "text/html").body.textContent ?? "";
    known.set(name, text.endsWith(";") && name !== "semi" ? undefined : text);
  }
  return known.get(name);
}
