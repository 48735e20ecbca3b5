/** One view of a model: draws what the hub knows into one element. */
import { element, say } from "./dom";
import type { Hub, Watcher } from "./hub";
import { keepKeys } from "./keyboard";
import { Painter } from "./painter";
import { Pane } from "./pane";
import { announcement } from "./status";
import { Remarks } from "./remarks";
import { StatusLine } from "./statusline";
import type { Growth } from "./texts";

/** How often the figures of a run that lives are drawn: often enough to look alive, seldom enough to be read. */
export const TICK_MS = 200;

export class View implements Watcher {
  readonly #hub: Hub;
  readonly #painter = new Painter(() => this.#paint());
  readonly #panes = new Map<string, Pane>();
  readonly #row = element("div", "desiru-panes");
  readonly #remarks = new Remarks();
  readonly #status: StatusLine;
  readonly #announcer = element("div", "desiru-announcer");
  readonly #root: HTMLElement;
  readonly #unwatch: () => void;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #stateChanged = false;

  constructor(hub: Hub, el: HTMLElement) {
    this.#hub = hub;
    this.#status = new StatusLine(() => hub.cancel());
    this.#root = this.#frame();
    this.#fill();
    this.#drawState();
    el.append(this.#root);
    this.#unwatch = hub.watch(this);
    this.#painter.request();
  }

  remove(): void {
    this.#unwatch();
    this.#painter.stop();
    clearInterval(this.#ticker);
    this.#root.remove();
  }

  grew(growth: Growth): void {
    const pane = this.#panes.get(growth.field);
    if (pane) pane.take(growth);
    else this.#addUnforeseen(growth.field);
    this.#painter.request();
  }

  changed(): void {
    this.#stateChanged = true;
    this.#painter.request();
  }

  #frame(): HTMLElement {
    const root = element("section", "desiru", this.#row, this.#remarks.element, this.#status.element, this.#announcer);
    root.setAttribute("aria-label", "Model output");
    root.tabIndex = -1; // so that Escape works after a click anywhere in the view
    this.#announcer.setAttribute("role", "status");
    this.#announcer.setAttribute("aria-live", "polite");
    keepKeys(root, () => this.#hub.live, () => this.#hub.cancel());
    return root;
  }

  #fill(): void {
    for (const { name } of this.#hub.model.get("fields")) this.#row.append(this.#pane(name));
    for (const name of this.#hub.texts.names()) if (!this.#panes.has(name)) this.#addUnforeseen(name);
  }

  /** What the model says beside the fields, such as its thinking, comes before what it was asked for. */
  #addUnforeseen(field: string): void {
    const { name: first } = this.#hub.model.get("fields")[0] ?? {};
    const before = first === undefined ? undefined : this.#panes.get(first)?.element;
    this.#row.insertBefore(this.#pane(field), before ?? null);
  }

  #pane(field: string): HTMLElement {
    const pane = new Pane(field, this.#hub.texts.get(field));
    this.#panes.set(field, pane);
    return pane.element;
  }

  #paint(): void {
    for (const [field, pane] of this.#panes) pane.paint(field === this.#hub.openField);
    if (!this.#stateChanged) return;
    this.#stateChanged = false;
    const before = this.#root.dataset["state"];
    this.#drawState();
    if (before !== this.#hub.state || this.#announcer.textContent) this.#announce();
  }

  #drawState(): void {
    this.#root.dataset["state"] = this.#hub.state;
    this.#remarks.draw(this.#hub);
    this.#status.draw(this.#hub);
    this.#tick();
  }

  /** A run that is over costs nothing: a notebook may hold a hundred of them. */
  #tick(): void {
    clearInterval(this.#ticker);
    if (this.#hub.live) this.#ticker = setInterval(() => this.#status.drawFigures(this.#hub), TICK_MS);
  }

  /** A view that opens on a state says nothing; only what happens before the reader's ears is news. */
  #announce(): void {
    const { state, error, notices } = this.#hub;
    say(this.#announcer, announcement(state, error, notices));
  }
}
