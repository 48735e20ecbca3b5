/** A field's type, as a signature spells it: `list[str]`, `Literal['a', 'b']`, `int | None`. */
import { readData, type Data } from "./partialjson";

export interface Kind {
  /** What stands before the brackets; empty for a union. */
  name: string;
  /** What stands in them, and the members of a union. */
  args: Kind[];
  /** What a `Literal` may be. */
  choices: Data[];
}

const BRACKETS = /^(\w+)\[(.*)\]$/s;
const STRING_OR_MARK = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[[\],|]/gs;

export function kindOf(type: string): Kind {
  const members = split(type, "|");
  if (members.length > 1) return { name: "", args: members.map(kindOf), choices: [] };
  const [, name, inside] = BRACKETS.exec(type.trim()) ?? [];
  if (name === undefined || inside === undefined) return { name: type.trim(), args: [], choices: [] };
  if (name === "Literal") return { name, args: [], choices: choicesOf(inside) };
  return { name, args: split(inside, ",").map(kindOf), choices: [] };
}

/** `T` of `T | None`; any other type as it is. */
export function withoutNone(kind: Kind): Kind {
  const inner = kind.name ? [] : kind.args.filter(({ name }) => name !== "None");
  return inner.length === 1 ? inner[0]! : kind;
}

export function allowsNone(kind: Kind): boolean {
  return !kind.name && kind.args.some(({ name }) => name === "None");
}

/** The pieces between the marks that stand outside brackets and quotes. */
function split(text: string, mark: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: found, index } of text.matchAll(STRING_OR_MARK)) {
    if (found === "[") depth++;
    else if (found === "]") depth--;
    else if (found === mark && depth === 0) {
      pieces.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...pieces, text.slice(start)];
}

function choicesOf(inside: string): Data[] {
  const choices = readData(`[${inside}]`)?.data;
  return Array.isArray(choices) ? choices : [];
}
