/** The views' stylesheet: one for a whole page, which looks through all of itself anew whenever more rules come. */

/** The rules of `widget.css`, which the build puts here. */
declare const STYLESHEET: string;

const RULES = STYLESHEET; // once: the build puts the rules wherever that name stands

/** The sheets of the page by their rules, for each kernel loads this module anew. */
const KEY = Symbol.for("desiru_notebook.stylesheets");
type Page = { [KEY]?: Map<string, CSSStyleSheet> };

/** Let the rules hold for a view in `el`, also where a host has put that, or is about to put it, into a shadow tree. */
export function dress(el: HTMLElement): void {
  adopt(document);
  adopt(el.getRootNode());
  if (!el.isConnected) requestAnimationFrame(() => adopt(el.getRootNode()));
}

function adopt(root: Node | DocumentOrShadowRoot): void {
  if (!("adoptedStyleSheets" in root)) return;
  const sheet = sheetOf((globalThis as Page)[KEY] ??= new Map());
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
}

function sheetOf(sheets: Map<string, CSSStyleSheet>): CSSStyleSheet {
  const known = sheets.get(RULES);
  if (known) return known;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(RULES);
  sheets.set(RULES, sheet);
  return sheet;
}
