/** The one place that makes elements. Text enters the page through text nodes and nothing else, and none of it hides. */
import { visible } from "./markdown/policy";

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children.map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

export function button(className: string, ...children: (Node | string)[]): HTMLButtonElement {
  const made = element("button", className, ...children);
  made.type = "button"; // a form of the host's is not for us to submit
  return made;
}

/** An element of a drawing; attributes are constants or numbers of ours. */
export function drawn<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string>,
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Set the text of `target` unless it says so already: what does not change must not lose a selection. */
export function say(target: HTMLElement, text: string): void {
  const shown = visible(text);
  if (target.textContent !== shown) target.textContent = shown;
}
