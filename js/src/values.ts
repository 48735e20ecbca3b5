/** A typed value while it grows: the elements of `desiru_notebook/frontends/values.py`, kept as long as they are right. */
import { choiceText, coerce } from "./coerce";
import { element } from "./dom";
import { kindOf, withoutNone, type Kind } from "./kinds";
import { visible } from "./markdown/policy";
import { partialValue } from "./partial";
import type { Data } from "./partialjson";

/** Containers in one another; what is deeper stands as JSON. */
const DEEPEST = 20;
/** A year is smaller; of what is larger a float has not all digits. */
const GROUPED = [10 ** 4, 10 ** 15] as const;
const OPEN_NUMBER = /^[-+]? ?[$€£¥]? ?[-+]?[\d.,]*$/;
/** `Node.TEXT_NODE` */
const TEXT_NODE = 3;
const ANY = kindOf("Any");

export class ValueBox {
  readonly #root: HTMLElement;
  readonly #kind: Kind;

  /** `type` is the field's type as a signature spells it. */
  constructor(root: HTMLElement, type: string) {
    this.#root = root;
    this.#kind = kindOf(type);
  }

  /** Show the field's whole text so far; `done` once the field is closed. */
  show(text: string, done: boolean): void {
    const value = done ? coerce(text, this.#kind) : partialValue(text, this.#kind);
    if (!done && isEmpty(value)) this.#root.replaceChildren();
    else if (!done && value === undefined && this.#mayBecomeNumber(text)) fillChip(this.#root, "desiru-number", text);
    else fill(this.#root, value === undefined ? text : value, this.#kind, 0);
  }

  /** Between `1` and `1,200` nothing jumps from the size of a number to that of a text. */
  #mayBecomeNumber(text: string): boolean {
    return ["int", "float"].includes(withoutNone(this.#kind).name) && OPEN_NUMBER.test(text);
  }
}

/** `1984`, `12,345.6`, `1e+21`: all its digits, those before the point in groups of three where they are many. */
export function numberText(value: number | bigint): string {
  if (typeof value === "number" && !hasPlainDigits(value)) {
    return value.toExponential().replace("Infinity", "inf").replace("NaN", "nan");
  }
  const size = value < 0 ? -value : value;
  if (size < GROUPED[0] || size >= GROUPED[1]) return String(value);
  const [whole, ...fraction] = String(value).split(".");
  return [whole!.replace(/\B(?=(?:\d{3})+$)/g, ","), ...fraction].join(".");
}

function hasPlainDigits(value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-6 && size < GROUPED[1]);
}

function fill(host: HTMLElement, value: Data, type: Kind, depth: number): void {
  const kind = withoutNone(type);
  if (isChoice(value, kind)) fillChip(host, "desiru-chip", choiceText(value));
  else if (typeof value === "string") fillText(depth ? host : only(host, "div", "desiru-plain"), value);
  else if (typeof value === "number" || typeof value === "bigint") fillChip(host, "desiru-number", numberText(value));
  else if (typeof value === "boolean") fillChip(host, `desiru-chip desiru-${value ? "yes" : "no"}`, String(value));
  else if (value === null) fillChip(host, "desiru-chip desiru-none", "none");
  else if (depth === DEEPEST) fillText(host, source(value));
  else if (Array.isArray(value)) fillItems(host, value, kind, depth);
  else fillTree(host, value, kind, depth);
}

function fillItems(host: HTMLElement, items: Data[], kind: Kind, depth: number): void {
  if (!items.length) return fillChip(host, "desiru-chip desiru-none", "empty list");
  const list = only(host, "ol", "desiru-items");
  const inner = kind.name === "list" ? kind.args[0] : undefined;
  items.forEach((item, at) => fill(child(list, at, () => holder("li")), item, inner ?? ANY, depth + 1));
  while (list.children.length > items.length) list.lastChild!.remove();
}

function fillTree(host: HTMLElement, map: Map<string, Data>, kind: Kind, depth: number): void {
  if (!map.size) return fillChip(host, "desiru-chip desiru-none", "empty dict");
  const tree = only(host, "dl", "desiru-tree");
  const inner = kind.name === "dict" ? kind.args[1] : undefined;
  [...map].forEach(([key, value], at) => {
    const row = child(tree, at, newRow);
    fillText(row.firstChild as HTMLElement, key);
    fill(row.lastChild as HTMLElement, value, inner ?? ANY, depth + 1);
  });
  while (tree.children.length > map.size) tree.lastChild!.remove();
}

function fillChip(host: HTMLElement, className: string, text: string): void {
  fillText(only(host, "span", className), text);
}

/** What is there already stays, so that a selection in it does too. */
function fillText(host: HTMLElement, text: string): void {
  const shown = visible(text);
  const node = host.firstChild;
  if (!isText(node)) host.replaceChildren(document.createTextNode(shown));
  else if (!shown.startsWith(node.data)) node.data = shown;
  else if (shown.length > node.length) node.appendData(shown.slice(node.length));
}

/** The one child of `host`, which is made where something else stands. */
function only(host: HTMLElement, tag: "div" | "span" | "ol" | "dl", className: string): HTMLElement {
  const there = host.firstElementChild;
  if (there?.localName === tag && there.className === className) return there as HTMLElement;
  const made = element(tag, className);
  if (tag === "div") made.dir = "auto";
  host.replaceChildren(made);
  return made;
}

function child(parent: HTMLElement, at: number, make: () => HTMLElement): HTMLElement {
  return (parent.children[at] as HTMLElement | undefined) ?? parent.appendChild(make());
}

function newRow(): HTMLElement {
  const row = document.createElement("div");
  row.append(holder("dt"), holder("dd"));
  return row;
}

function holder(tag: "li" | "dt" | "dd"): HTMLElement {
  const made = document.createElement(tag);
  made.dir = "auto";
  return made;
}

/** What has just been opened and may hold anything. */
function isEmpty(value: Data | undefined): boolean {
  return value === "" || (Array.isArray(value) && !value.length);
}

function isChoice(value: Data, kind: Kind): boolean {
  return kind.name === "Literal" && kind.choices.includes(value);
}

function isText(node: Node | null): node is Text {
  return node?.nodeType === TEXT_NODE;
}

/** The value as JSON. */
function source(value: Data): string {
  if (Array.isArray(value)) return `[${value.map(source).join(",")}]`;
  if (!(value instanceof Map)) return typeof value === "string" ? JSON.stringify(value) : String(value);
  return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${source(item)}`).join(",")}}`;
}
