/** What a line can begin, and when its beginning is known to be decided. */
import type { Marker } from "./containers";
import type { Leaf } from "./leaf";
import type { Cursor } from "./lines";
import type { Alignment } from "./nodes";
import { Paragraph } from "./paragraph";
import { alignmentsOf, cellsOf } from "./table";

const HEADING = /^(#{1,6})(?:[ \t]|$)/;
const FENCE = /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/s;
/** No formula begins with words or a number in brackets, be those escaped or not. */
const DISPLAY = /^(?:\$\$|\\\[(?!\w[^\\=^_{}+<>|[\n]*\\?\]))/;
const UNDERLINE = /^(?:(=+)|-+)[ \t]*$/;
const RULE = /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/;
const BULLET = /^[-+*](?=[ \t]|$)/;
const NUMBER = /^(\d{1,9})([.)])(?=[ \t]|$)/;

/** Marks of containers, which something comes after. */
const MARKS = /^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*/;
/** What may still become something else than text: a half mark, a fence, or a line that only its end decides. */
const UNDECIDED =
  /^(?:[-+*]|\d{1,9}[.)]?|#{1,6}|`{1,2}|`{3,}[^`]*|~{1,2}|~{3,}.*|=+[ \t]*|([-*_])(?:[ \t]*\1)*[ \t]*|[-|: \t]+|\$|\\(?:\[(?:\w[^\\=^_{}+<>|[\n]*\\?)?)?)?$/s;

export type Start =
  | { readonly kind: "table"; readonly head: string[]; readonly alignments: Alignment[] }
  | { readonly kind: "quote" | "rule" | "code" }
  | { readonly kind: "heading" | "underline"; readonly depth: number }
  | { readonly kind: "display"; readonly opening: string }
  | { readonly kind: "fence"; readonly fence: string; readonly info: string }
  | { readonly kind: "item"; readonly sign: string; readonly number: number | undefined; readonly length: number };

/** Whether what comes after the beginning of a line, unless it ends there, can only be more text of the same leaf. */
export function isDecided(line: string): boolean {
  return !UNDECIDED.test(line.slice(MARKS.exec(line)![0].length));
}

/** What the rest of a line begins. `above` is the leaf that the line belongs to otherwise. */
export function startOf(cursor: Cursor, above: Leaf | undefined): Start | undefined {
  if (cursor.isBlank || cursor.isCode) return undefined;
  const text = cursor.ahead;
  const paragraph = above instanceof Paragraph ? above : undefined;
  return (
    tableOf(text, paragraph) ??
    (text.startsWith(">") ? { kind: "quote" } : undefined) ??
    headingOf(text) ??
    displayOf(text) ??
    fenceOf(text) ??
    underlineOf(text, paragraph) ??
    (RULE.test(text) ? { kind: "rule" } : undefined) ??
    itemOf(text, paragraph)
  );
}

/** How far an item's text is indented; goes over the marker and the white space after it. */
export function skipMarker(cursor: Cursor, { sign, number, length }: Start & { kind: "item" }): Marker {
  const before = cursor.indent + length;
  cursor.skipSpace();
  cursor.skip(length);
  const isOrdinary = !cursor.isBlank && cursor.indent <= 4;
  return { sign, number, width: before + (isOrdinary ? cursor.skipColumns(cursor.indent) : (cursor.skipColumns(1), 1)) };
}

function tableOf(text: string, paragraph: Paragraph | undefined): Start | undefined {
  const head = paragraph?.head;
  if (!head?.includes("|")) return undefined;
  const alignments = alignmentsOf(text);
  const cells = alignments && cellsOf(head);
  return cells?.length && cells.length === alignments?.length ? { kind: "table", head: cells, alignments } : undefined;
}

function headingOf(text: string): Start | undefined {
  const signs = HEADING.exec(text)?.[1];
  return signs === undefined ? undefined : { kind: "heading", depth: signs.length };
}

function displayOf(text: string): Start | undefined {
  const opening = DISPLAY.exec(text)?.[0];
  return opening === undefined ? undefined : { kind: "display", opening };
}

function fenceOf(text: string): Start | undefined {
  const [found, ticks, afterTicks = "", tildes = "", afterTildes = ""] = FENCE.exec(text) ?? [];
  if (found === undefined) return undefined;
  return { kind: "fence", fence: ticks ?? tildes, info: ticks === undefined ? afterTildes : afterTicks };
}

function underlineOf(text: string, paragraph: Paragraph | undefined): Start | undefined {
  const found = paragraph && UNDERLINE.exec(text);
  return found && paragraph.hasText ? { kind: "underline", depth: found[1] === undefined ? 2 : 1 } : undefined;
}

/** A list interrupts a paragraph only with an item that is not empty, and with the number one. */
function itemOf(text: string, paragraph: Paragraph | undefined): Start | undefined {
  const [found, digits, sign] = NUMBER.exec(text) ?? BULLET.exec(text) ?? [];
  if (found === undefined) return undefined;
  const number = digits === undefined ? undefined : Number(digits);
  const isEmpty = !/[^ \t]/.test(text.slice(found.length));
  if (paragraph && (isEmpty || (number ?? 1) !== 1)) return undefined;
  return { kind: "item", sign: sign ?? found, number, length: found.length };
}
