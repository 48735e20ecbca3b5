/** The parts of links and of their definitions: destination, title and label, as CommonMark writes them. */
import { ESCAPABLE, unescaped } from "./entities";

const SPACE = /[ \t]*(?:\n[ \t]*)?/y;
const POINTED = /<((?:[^<>\n\\]|\\.)*)>/y;
const TITLE = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|\((?:[^()\\]|\\[^])*\)/y;
/** What begins with a circumflex names a footnote, which is text. */
const LABEL = /\[(?!\^)((?:[^\\[\]]|\\[^]){0,999})\]/y;
const MAX_PARENTHESES = 32;

/** What was read, and where it ends. */
export interface Found {
  readonly text: string;
  readonly end: number;
}

/** What `(address "title")` says, and where it ends. */
export function targetAt(text: string, position: number): Found | undefined {
  const destination = text[position] === "(" ? destinationAt(text, afterSpace(text, position + 1)) : undefined;
  if (!destination) return undefined;
  let end = afterSpace(text, destination.end);
  const title = end > destination.end ? titleEnd(text, end) : undefined;
  if (title !== undefined) end = afterSpace(text, title);
  return text[end] === ")" ? { text: destination.text, end: end + 1 } : undefined;
}

/** The place after white space with at most one line end in it. */
export function afterSpace(text: string, position: number): number {
  return position + match(SPACE, text, position)![0].length;
}

export function destinationAt(text: string, position: number): Found | undefined {
  const pointed = match(POINTED, text, position);
  if (pointed) return { text: unescaped(pointed[1]!), end: position + pointed[0].length };
  if (text[position] === "<") return undefined;
  const end = destinationEnd(text, position);
  return end === undefined ? undefined : { text: unescaped(text.slice(position, end)), end };
}

/** Where the title at `position` ends. What it says is not shown: a link's title is its address. */
export function titleEnd(text: string, position: number): number | undefined {
  const title = match(TITLE, text, position)?.[0];
  return title === undefined || /\n[ \t]*\n/.test(title) ? undefined : position + title.length;
}

export function labelAt(text: string, position: number): Found | undefined {
  const label = match(LABEL, text, position);
  return label ? { text: label[1]!, end: position + label[0].length } : undefined;
}

/** Labels that are the same to a reader are the same. */
export function normalizedLabel(label: string): string {
  return label.trim().replace(/\s+/g, " ").toLowerCase().toUpperCase();
}

/** An address without brackets ends at white space, or at a parenthesis that was not opened in it. */
function destinationEnd(text: string, position: number): number | undefined {
  let depth = 0;
  let end = position;
  for (; end < text.length && text[end]! > " " && text[end] !== "\x7f"; end++) {
    if (text[end] === "\\" && ESCAPABLE.test(text[end + 1] ?? "")) end++;
    else if (text[end] === "(" && ++depth > MAX_PARENTHESES) return undefined;
    else if (text[end] === ")" && --depth < 0) break;
  }
  return depth > 0 || (end === position && text[end] !== ")") ? undefined : end;
}

/** What the sticky pattern finds at that place. */
export function match(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}
