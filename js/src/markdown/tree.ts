/** Makes the nested pieces of a list of tokens. */
import type { Piece, Span } from "./nodes";
import { address } from "./policy";
import type { Mark, Target, Token, Url } from "./tokens";
import { span } from "./tokens";

/** Emphasis that is deeper shows its markers. */
const MAX_DEPTH = 100;

/** What is open: its pieces so far, and what an image would be called by them. */
interface Frame {
  readonly holds: Mark | Target | undefined;
  readonly pieces: Piece[];
  said: string;
}

export function treeOf(tokens: readonly Token[]): Piece[] {
  const tree = new Tree();
  for (const token of tokens) tree.take(token);
  return tree.finish();
}

class Tree {
  readonly #frames: Frame[] = [{ holds: undefined, pieces: [], said: "" }];
  /** For each mark that is open, whether it is an element. */
  readonly #marks: boolean[] = [];
  /** How many links are open. */
  #links = 0;

  take(token: Token): void {
    if (token.type === "text") this.#say(token.text);
    else if (token.type === "atom") this.#put(token.pieces, token.said);
    else if (token.type === "url") this.#url(token);
    else if (token.type === "close") this.#close();
    else if (token.type === "run") this.#run(token.closes, token.text, token.opens);
    else if (token.opens) this.#open(token.opens);
    else this.#say(token.text);
  }

  finish(): Piece[] {
    while (this.#frames.length > 1) this.#close();
    return this.#frames[0]!.pieces;
  }

  #run(closes: readonly Mark[], text: string, opens: readonly Mark[]): void {
    for (const mark of closes) {
      if (this.#marks.pop()) this.#close();
      else this.#say(mark.source);
    }
    this.#say(text);
    for (const mark of opens) {
      const fits = this.#marks.length < MAX_DEPTH;
      this.#marks.push(fits);
      if (fits) this.#open(mark);
      else this.#say(mark.source);
    }
  }

  #open(holds: Mark | Target): void {
    if (holds.kind === "link") this.#links++;
    this.#frames.push({ holds, pieces: [], said: "" });
  }

  #close(): void {
    const { holds, pieces, said } = this.#frames.pop()!;
    if (!holds) return;
    if (holds.kind === "link") {
      this.#links--;
      this.#put(link(holds.source, pieces, said), said);
    } else if (holds.kind === "image") this.#put([image(holds.source, said, this.#links > 0)], said);
    else this.#put([span(holds.kind, ...pieces)], said);
  }

  #url({ text, href }: Url): void {
    this.#put(this.#links ? [text] : [linkTo(href, [text])], text);
  }

  #say(text: string): void {
    if (text) this.#put([text], text);
  }

  /** Neighbouring texts become one. */
  #put(added: readonly Piece[], said: string): void {
    const frame = this.#frames.at(-1)!;
    frame.said += said;
    for (const piece of added) {
      const last = frame.pieces.at(-1);
      if (typeof piece === "string" && typeof last === "string") frame.pieces[frame.pieces.length - 1] = last + piece;
      else frame.pieces.push(piece);
    }
  }
}

/** A link and its host, unless its text is the address itself. */
function link(source: string | undefined, pieces: readonly Piece[], said: string): Piece[] {
  if (source === undefined) return [...pieces];
  const found = address(source);
  const where = said === source || said === found?.href ? [] : [" ", span("host", `(${found?.host ?? source})`)];
  return found ? [linkTo(found.href, pieces), ...where] : [...pieces, ...where];
}

function linkTo(href: string, children: readonly Piece[]): Span {
  return { kind: "link", children, href };
}

/** The chip that stands for an image; the image itself is a click away, unless the chip is part of a link. */
function image(source: string | undefined, said: string, insideLink: boolean): Piece {
  const name = `▦ ${said.trim() || "image"}`;
  if (source === undefined) return span("image", name);
  const found = address(source);
  if (!found || insideLink) return span("image", `${name} (${found?.host ?? source})`);
  return span("image", `${name} `, linkTo(found.href, [found.host]));
}
