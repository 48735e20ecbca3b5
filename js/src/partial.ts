/** The value of a field that is still being written, as `desiru_notebook/partial_values.py` has it. */
import { coerce, OPENED_FENCE } from "./coerce";
import { withoutNone, type Kind } from "./kinds";
import { readData, type Data } from "./partialjson";

const OPEN_BULLET = /(?:^|\n)[^\S\n]*(?:[-*+\u2022]|\d{1,3}[.)]?)$/;
const WHOLE_ITEMS = /^.*(?:\n|, )/s;

/** Undefined while the text is no value; empty text while nothing is known but that it will be more. */
export function partialValue(text: string, type: Kind): Data | undefined {
  const kind = withoutNone(type);
  if (isSimple(kind)) return coerce(text, type);
  const item = kind.name === "list" ? kind.args[0] : undefined;
  const body = text.trim().replace(OPENED_FENCE, "");
  if (/^[[{]/.test(body)) return item ? jsonItems(body, item) : knownData(body);
  if (!body) return "";
  return item ? looseItems(body, kind, item) : coerce(text, type);
}

function isSimple({ name }: Kind): boolean {
  return ["str", "int", "float", "bool", "Literal"].includes(name);
}

function knownData(body: string): Data | undefined {
  const reading = readData(body);
  return reading && (reading.data ?? "");
}

/** The items of JSON. A text that grows is one already, but not yet a number or a choice. */
function jsonItems(body: string, kind: Kind): Data | undefined {
  const reading = readData(body);
  if (!reading || reading.data === undefined) return reading && "";
  if (!Array.isArray(reading.data)) return undefined;
  const items = reading.growing && isSimple(kind) && kind.name !== "str" ? reading.data.slice(0, -1) : reading.data;
  return items.map((item) => (typeof item === "string" ? partialItem(item, kind) : item));
}

function partialItem(text: string, kind: Kind): Data {
  const value = partialValue(text, kind);
  return value === undefined ? text : value;
}

/** The items of bullets, of lines, or between commas: but for texts, the last one counts when the next begins. */
function looseItems(body: string, kind: Kind, item: Kind): Data | undefined {
  if (item.name === "str") return coerce(body.replace(OPEN_BULLET, ""), kind);
  return coerce(WHOLE_ITEMS.exec(body)?.[0] ?? "", kind);
}
