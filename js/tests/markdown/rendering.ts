/** Texts as the page shows them: rendered in one go or piece by piece, and written down so that two of them can be compared. */
import { Prose, type Options } from "../../src/markdown/prose";
import { FakePage } from "../fakes";

new FakePage();

/** What the page holds after the pieces of a text. */
export function render(pieces: Iterable<string>, options?: Options): HTMLElement {
  const root = document.createElement("div");
  const prose = new Prose(root, options);
  for (const piece of pieces) prose.append(piece);
  prose.end();
  return withoutParts(root);
}

/** The parts of a text are the browser's business, and no block of it. */
export function withoutParts(root: HTMLElement): HTMLElement {
  for (const part of root.querySelectorAll(".desiru-part")) part.replaceWith(...part.childNodes);
  return root;
}

/** The HTML of the whole text. */
export function html(text: string): string {
  return canonical(render([text]));
}

/** What `root` holds, with attributes in the order of their names. */
export function canonical(root: Node): string {
  return [...root.childNodes].map(written).join("");
}

function written(node: ChildNode): string {
  if (node.nodeType === 3) return escaped(node.textContent!);
  const element = node as Element;
  const tag = element.tagName.toLowerCase();
  const attributes = [...element.attributes].sort((a, b) => (a.name < b.name ? -1 : 1));
  const start = attributes.map(({ name, value }) => ` ${name}="${escaped(value).replaceAll('"', "&quot;")}"`).join("");
  return tag === "br" || tag === "hr" ? `<${tag}${start}>` : `<${tag}${start}>${canonical(element)}</${tag}>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Numbers that look random and are the same every time, from 0 to just below 1. */
export function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** The text in pieces of up to `longest` UTF-16 units. */
export function pieces(text: string, seed: number, longest: number): string[] {
  const lengths = numbers(seed);
  const made: string[] = [];
  for (let from = 0; from < text.length; from += made.at(-1)!.length) {
    made.push(text.slice(from, from + 1 + Math.floor(lengths.next().value * longest)));
  }
  return made;
}
