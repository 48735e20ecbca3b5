/** What the inline scanner makes of a text: a list in which emphasis and links are marks that open and close. */
import type { Piece, SpanKind } from "./nodes";

/** A pair of marks, such as two asterisks on either side, or a tag and its end tag. */
export interface Mark {
  readonly kind: "em" | "strong" | "s" | "sub" | "sup" | "kbd";
  readonly source: string;
}

/** A run of equal markers: what it closes, then those that are text, then what it opens. */
export interface Run {
  readonly type: "run";
  readonly closes: Mark[];
  text: string;
  readonly opens: Mark[];
}

/** An opening bracket: text, unless its closing bracket has made it the beginning of something. */
export interface Bracket {
  readonly type: "bracket";
  text: string;
  opens?: Target;
}

/** What stands in brackets: a link or an image with its source address, or one that is not complete yet. */
export interface Target {
  readonly kind: "link" | "image";
  readonly source: string | undefined;
}

/** A finished piece; `said` is what an image would be called by it. */
export interface Atom {
  readonly type: "atom";
  readonly pieces: readonly Piece[];
  readonly said: string;
}

/** An address that is a link by itself; inside the text of a link it is text. */
export interface Url {
  readonly type: "url";
  readonly text: string;
  readonly href: string;
}

export type Token = Run | Bracket | Atom | Url | { readonly type: "text"; readonly text: string } | { readonly type: "close" };

export function span(kind: SpanKind, ...children: Piece[]): Piece {
  return { kind, children };
}
