/** Link reference definitions, and the texts that wait for them. */
import { afterSpace, destinationAt, labelAt, match, normalizedLabel, titleEnd } from "./addresses";

const LINE_REST = /[ \t]*(?:\n|$)/y;

/** What `[label]: address` says. */
interface Definition {
  readonly label: string;
  readonly address: string;
}

/** The definitions at the beginning of a paragraph, or after some of them; where the last one begins, and where they end. */
export function definitionsIn(paragraph: string, start = 0): { definitions: Definition[]; last: number; end: number } {
  const definitions: Definition[] = [];
  let last = start;
  let end = start;
  for (let next = definitionAt(paragraph, end); next; next = definitionAt(paragraph, end)) {
    definitions.push(next);
    last = end;
    end = next.end;
  }
  return { definitions, last, end };
}

/** The definitions of a text. The first of a label counts. */
export class References {
  readonly #addresses = new Map<string, string>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #due = new Set<() => void>();

  define(definitions: readonly Definition[]): void {
    for (const { label, address } of definitions) {
      const name = normalizedLabel(label);
      if (this.#addresses.has(name)) continue;
      this.#addresses.set(name, address);
      for (const repaint of this.#waiting.get(name) ?? []) this.#due.add(repaint);
      this.#waiting.delete(name);
    }
  }

  /** Repaint what has waited for labels that are defined by now: once, however many they are. */
  repaint(): void {
    for (const repaint of this.#due) repaint();
    this.#due.clear();
  }

  /** The address of a label; a label that is not defined yet is noted in `missing`. */
  find(label: string, missing: Set<string>): string | undefined {
    const name = normalizedLabel(label);
    const address = this.#addresses.get(name);
    if (address === undefined) missing.add(name);
    return address;
  }

  /** Let `repaint` be called when any of the labels is defined; the same one, however often it waits. */
  wait(names: Iterable<string>, repaint: () => void): void {
    for (const name of names) {
      const waiting = this.#waiting.get(name) ?? new Set();
      this.#waiting.set(name, waiting.add(repaint));
    }
  }
}

function definitionAt(text: string, position: number): (Definition & { end: number }) | undefined {
  const label = labelAt(text, position);
  if (!label || !label.text.trim() || text[label.end] !== ":") return undefined;
  const address = destinationAt(text, afterSpace(text, label.end + 1));
  const end = address && definitionEnd(text, address.end);
  return end === undefined ? undefined : { label: label.text, address: address!.text, end };
}

/** A definition ends with its line; what should be its title but does not end with a line is text. */
function definitionEnd(text: string, afterAddress: number): number | undefined {
  const start = afterSpace(text, afterAddress);
  const title = start > afterAddress ? titleEnd(text, start) : undefined;
  return (title === undefined ? undefined : lineEnd(text, title)) ?? lineEnd(text, afterAddress);
}

function lineEnd(text: string, position: number): number | undefined {
  const rest = match(LINE_REST, text, position);
  return rest ? position + rest[0].length : undefined;
}
