/** What stands between the panes and the status line: the error, the notices, and a word about the waiting. */
import { element } from "./dom";
import type { Hub } from "./hub";

type Remark = { kind: "desiru-error" | "desiru-notice" | "desiru-waiting"; text: string };

export class Remarks {
  readonly element = element("div", "desiru-remarks");
  #shown = "[]";

  constructor() {
    this.element.setAttribute("role", "note");
    this.element.hidden = true;
  }

  /** What does not change must not lose a selection. */
  draw(hub: Hub): void {
    const remarks = remarksOf(hub);
    const wanted = JSON.stringify(remarks);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.element.replaceChildren(...remarks.map(({ kind, text }) => element("div", kind, text)));
    this.element.hidden = remarks.length === 0;
  }
}

/** The waiting comes last: what stays does not move when it goes. */
function remarksOf({ error, notices, waiting }: Hub): Remark[] {
  const all: Remark[] = [
    { kind: "desiru-error", text: error },
    ...notices.map((text) => ({ kind: "desiru-notice", text }) as const),
    { kind: "desiru-waiting", text: waiting },
  ];
  return all.filter(({ text }) => text !== "");
}
