/** A block that holds text. */
import type { Cursor } from "./lines";

export interface Leaf {
  /** Whether a line in the same containers belongs to the leaf, or is its last line and holds no text. */
  continues(cursor: Cursor): boolean | "ends";
  /** The next line of the leaf, or its first; `cursor` stands at its text. */
  begin(cursor: Cursor): void;
  /** More of the same line. */
  add(text: string): void;
  /** The line is complete. Returns the leaf that goes on: itself, what it has become, or nothing. */
  endLine(): Leaf | undefined;
  /** Show what is known so far. */
  paint(): void;
  /** Nothing more comes. */
  close(): void;
}
