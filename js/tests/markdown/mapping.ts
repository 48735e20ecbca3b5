/** Our vocabulary as the CommonMark specification writes it, so that its examples can be compared with what we show. */
import { address } from "../../src/markdown/policy";
import { canonical } from "./rendering";

/** The specification's renderer puts line ends around blocks. */
const AROUND_BLOCKS =
  /\s*\n\s*(?=<(?!em|strong|code|a|su[bp]|kbd|s>))|(?<=<(?:br|\/?(?:p|li|ul|ol|h\d|pre|blockquote|hr|t(?:able|head|body|[rhd])))\b[^>]*>)\n\s*/g;
const KEPT = ["start", "href", "align"];

/** What a pane shows, in the specification's elements. */
export function asInSpecification(root: HTMLElement): string {
  for (const host of root.querySelectorAll(".desiru-host")) withoutSpaceBefore(host).remove();
  for (const table of root.querySelectorAll(".desiru-table")) table.replaceWith(...table.childNodes);
  for (const box of root.querySelectorAll(".desiru-box")) box.replaceWith(...box.childNodes);
  for (const cell of root.querySelectorAll("th[class], td[class]")) cell.setAttribute("align", cell.className.slice(7));
  for (const code of root.querySelectorAll(".desiru-code")) code.replaceWith(code.querySelector("pre")!);
  for (const heading of root.querySelectorAll(".desiru-heading")) heading.replaceWith(headingOf(heading));
  for (const item of root.querySelectorAll("ul:not(.desiru-loose) > li, ol:not(.desiru-loose) > li")) tighten(item);
  for (const image of root.querySelectorAll(".desiru-image")) image.replaceWith(nameOf(image));
  for (const span of root.querySelectorAll("pre span")) span.replaceWith(...span.childNodes);
  return normalized(root);
}

/** The specification's own HTML: images are their names, and only links that our policy allows are links. */
export function reduced(html: string): string {
  const root = document.createElement("div");
  root.append(...new document.defaultView!.DOMParser().parseFromString(html, "text/html").body.childNodes);
  for (const image of root.querySelectorAll("img")) image.replaceWith(image.alt.trim() || "image");
  for (const box of root.querySelectorAll("input")) box.replaceWith(box.checked ? "☑" : "☐");
  for (const deleted of root.querySelectorAll("del")) deleted.outerHTML = `<s>${deleted.innerHTML}</s>`;
  for (const cell of root.querySelectorAll<HTMLElement>("[style]")) cell.setAttribute("align", cell.style.textAlign);
  for (const link of root.querySelectorAll("a")) {
    const found = address(link.getAttribute("href")!);
    if (found) link.setAttribute("href", found.href);
    else link.replaceWith(...link.childNodes);
  }
  return normalized(root);
}

function normalized(root: HTMLElement): string {
  for (const element of root.querySelectorAll("*")) {
    for (const { name } of [...element.attributes]) if (!KEPT.includes(name)) element.removeAttribute(name);
  }
  return canonical(root).replace(AROUND_BLOCKS, "");
}

function withoutSpaceBefore(host: Element): Element {
  const before = host.previousSibling!;
  before.textContent = before.textContent!.replace(/ $/, "");
  return host;
}

function headingOf(heading: Element): Element {
  const made = document.createElement(`h${heading.className.at(-1)}`);
  made.append(...heading.firstChild!.childNodes);
  return made;
}

function tighten(item: Element): void {
  for (const paragraph of item.querySelectorAll(":scope > p")) paragraph.replaceWith(...paragraph.childNodes);
}

/** The chip's text without its sign, and without where the image is. */
function nameOf(image: Element): string {
  image.querySelector("a")?.remove();
  return image.textContent!.replace(/^▦ /, "").replace(/ (?:\([^()]*(?:\([^()]*\))?[^()]*\))?$/, "");
}
