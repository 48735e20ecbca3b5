/** The vocabulary: every element, class and attribute that model text can bring about. Of the text itself come text nodes,
 *  checked addresses and the first number of a list. */
import { visible } from "./policy";

type Attributes = Readonly<Record<string, string>>;
type Shell = readonly [tag: keyof HTMLElementTagNameMap, className: string, attributes?: Attributes];

const LINK = { referrerpolicy: "no-referrer", rel: "noopener noreferrer nofollow", target: "_blank" };
const PROCESSED = "mathjax_process tex2jax_process";

const SPANS = {
  em: ["em", ""],
  strong: ["strong", ""],
  s: ["s", ""],
  sub: ["sub", ""],
  sup: ["sup", ""],
  kbd: ["kbd", ""],
  code: ["code", ""],
  br: ["br", ""],
  link: ["a", "", LINK],
  host: ["span", "desiru-host"],
  image: ["span", "desiru-image"],
  todo: ["span", "desiru-box", { "aria-label": "to do", role: "img" }],
  done: ["span", "desiru-box", { "aria-label": "done", role: "img" }],
  math: ["span", `desiru-math ${PROCESSED}`],
  display: ["span", `desiru-math desiru-display ${PROCESSED}`],
  tex: ["span", "desiru-tex"],
  texDisplay: ["span", "desiru-tex desiru-display"],
  kw: ["span", "desiru-kw"],
  str: ["span", "desiru-str"],
  com: ["span", "desiru-com"],
  num: ["span", "desiru-num"],
  lit: ["span", "desiru-lit"],
} as const satisfies Record<string, Shell>;

const BLOCKS = {
  part: ["div", "desiru-part"],
  paragraph: ["p", "", { dir: "auto" }],
  quote: ["blockquote", ""],
  bullets: ["ul", ""],
  numbers: ["ol", ""],
  item: ["li", ""],
  rule: ["hr", ""],
  bold: ["b", ""],
  code: ["div", "desiru-code"],
  language: ["div", "desiru-lang"],
  pre: ["pre", "", { dir: "ltr", tabindex: "0" }],
  source: ["code", ""],
  lines: ["span", "desiru-lines"],
  formula: ["div", `desiru-math desiru-display ${PROCESSED}`],
  tex: ["div", "desiru-tex desiru-display"],
  table: ["div", "desiru-table", { tabindex: "0" }],
  grid: ["table", ""],
  head: ["thead", ""],
  body: ["tbody", ""],
  row: ["tr", ""],
  th: ["th", "", { dir: "auto" }],
  td: ["td", "", { dir: "auto" }],
} as const satisfies Record<string, Shell>;

export type SpanKind = keyof typeof SPANS;
export type Alignment = "" | "left" | "center" | "right";

/** A piece of inline content. */
export type Piece = string | Span;

export interface Span {
  readonly kind: SpanKind;
  readonly children: readonly Piece[];
  readonly href?: string;
}

/** A new block. */
export function block(kind: keyof typeof BLOCKS): HTMLElement {
  return make(BLOCKS[kind]);
}

export function heading(depth: number, level: number): HTMLElement {
  const attributes = { "aria-level": String(level), dir: "auto", role: "heading" };
  return make(["div", `desiru-heading desiru-h${depth}`, attributes]);
}

/** The next piece of a long paragraph, at its end: what is painted before it leaves it alone. */
export function more(paragraph: HTMLElement): HTMLElement {
  const made = paragraph.appendChild(make(["span", "desiru-more"]));
  others.add(made);
  return made;
}

const others = new WeakSet<Node>();

/** A list; `start` is its first number, or undefined for bullets. */
export function list(start: number | undefined): HTMLElement {
  const made = block(start === undefined ? "bullets" : "numbers");
  if (start !== undefined && start !== 1) made.setAttribute("start", String(start));
  return made;
}

export function cell(kind: "th" | "td", alignment: Alignment): HTMLElement {
  const made = block(kind);
  if (alignment) made.className = `desiru-${alignment}`;
  return made;
}

/** A text node, with nothing in it that cannot be seen. */
export function textNode(text: string): Text {
  return document.createTextNode(visible(text));
}

/** Let `pieces` be what `parent` holds after the node `mark`. Nodes that say the same already stay; a text grows at its end. */
export function paint(parent: Node, pieces: readonly Piece[], mark: Node | null = null): void {
  let node = mark ? mark.nextSibling : parent.firstChild;
  for (const piece of pieces) {
    node = typeof piece === "string" ? paintText(parent, node, piece) : paintSpan(parent, node, piece);
  }
  while (node && !others.has(node)) {
    const next: ChildNode | null = node.nextSibling;
    node.remove();
    node = next;
  }
}

/** Both return the node after the one that they have painted. */
function paintText(parent: Node, node: ChildNode | null, text: string): ChildNode | null {
  if (!isText(node)) return put(parent, node, textNode(text));
  const shown = visible(text);
  if (shown.startsWith(node.data)) {
    if (shown.length > node.length) node.appendData(shown.slice(node.length));
  } else node.data = shown;
  return node.nextSibling;
}

function paintSpan(parent: Node, node: ChildNode | null, span: Span): ChildNode | null {
  const name = nameOf(span);
  if (node && names.get(node) === name) {
    paint(node, span.children);
    return node.nextSibling;
  }
  const made = make(SPANS[span.kind]);
  if (span.href !== undefined) setAddress(made, span.href);
  names.set(made, name);
  paint(made, span.children);
  return put(parent, node, made);
}

/** What each painted span is, so that the same need not be made twice. */
const names = new WeakMap<Node, string>();

function nameOf({ kind, href }: Span): string {
  return `${kind} ${href ?? ""}`;
}

function put(parent: Node, place: ChildNode | null, made: ChildNode): ChildNode | null {
  if (!place || others.has(place)) {
    parent.insertBefore(made, place);
    return place;
  }
  const next = place.nextSibling;
  place.replaceWith(made);
  return next;
}

function make([tag, className, attributes = {}]: Shell): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function setAddress(link: HTMLElement, href: string): void {
  link.setAttribute("href", href);
  link.setAttribute("title", href);
}

function isText(node: ChildNode | null): node is Text {
  return node?.nodeType === 3; // Node.TEXT_NODE: the name is not there outside a browser
}
