/** One view of a model: draws what the hub knows into one element. */
import { Announcer } from "./announcer";
import { CopyButton } from "./copy";
import { element } from "./dom";
import { isThought } from "./fold";
import type { Hub, Watcher } from "./hub";
import { keepKeys } from "./keyboard";
import { TICK_MS } from "./pace";
import { Painter } from "./painter";
import { Pane, type PaneHost } from "./pane";
import { announcement, label } from "./status";
import { Remarks } from "./remarks";
import { type Control, StatusLine } from "./statusline";
import type { Growth } from "./texts";
import { lengthsAt } from "./timeline";
import type { Field } from "./types";
import { Typesetting } from "./typesetting";

/** The classes tell a host's MathJax that nothing in the view is its business, but for what we mark as formulas. */
const ROOT = "desiru mathjax_ignore tex2jax_ignore";

export class View implements Watcher, PaneHost {
  readonly announcer = new Announcer();
  readonly #hub: Hub;
  readonly #painter = new Painter((deadline) => this.#paint(deadline));
  readonly #typesetting: Typesetting;
  readonly #panes = new Map<string, Pane>();
  readonly #row = element("div", "desiru-panes");
  readonly #remarks = new Remarks();
  readonly #status: StatusLine;
  readonly #root: HTMLElement;
  readonly #unwatch: () => void;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #stateChanged = false;
  #announced = "";

  /** `control` makes a further button for the status line, which may move the view in its time. */
  constructor(hub: Hub, el: HTMLElement, control?: Control) {
    this.#hub = hub;
    this.#typesetting = new Typesetting(hub.model, () => this.#painter.request());
    const copyAll = new CopyButton("all", "Copy all", () => this.#wholeText(), this.announcer);
    this.#status = new StatusLine(copyAll, hub, () => this.#moved(), control);
    this.#root = this.#frame();
    this.#fill();
    this.#drawState();
    this.#painter.run();
    el.append(this.#root);
    this.takeFocus();
    this.#unwatch = hub.watch(this);
    this.#painter.request(); // the ends of the panes can be scrolled to only now
  }

  remove(): void {
    this.#unwatch();
    this.#typesetting.stop();
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

  takeFocus(): void {
    const isLost = this.#hub.focused && document.activeElement === document.body;
    if (isLost && this.#isShown) this.#root.focus({ preventScroll: true });
  }

  get #isShown(): boolean {
    return this.#root.getClientRects().length > 0;
  }

  get live(): boolean {
    return this.#hub.live;
  }

  text(field: string): string {
    return this.#hub.texts.get(field);
  }

  frozen(block: HTMLElement): void {
    this.#typesetting.add(block);
  }

  folded(): void {
    this.#status.scrubber.end();
    this.#typesetting.resume();
    this.#painter.request();
  }

  #frame(): HTMLElement {
    const root = element("div", ROOT, this.#row, this.#remarks.element, this.#status.element, this.announcer.element);
    root.setAttribute("role", "group"); // a landmark each would be too many of one name
    root.setAttribute("aria-label", "Model output");
    root.tabIndex = -1; // so that Escape works after a click anywhere in the view
    keepKeys(root, () => this.#hub.live, () => this.#hub.cancel());
    root.addEventListener("focusin", () => (this.#hub.focused = true));
    root.addEventListener("focusout", ({ relatedTarget }) => {
      this.#hub.focused = !relatedTarget && !this.#isShown; // a host hides a view before it takes it away
      if (this.#hub.focused) setTimeout(() => this.#hub.passFocus());
    });
    return root;
  }

  #fill(): void {
    for (const field of this.#hub.model.get("fields")) this.#row.append(this.#pane(field));
    for (const name of this.#hub.texts.names()) if (!this.#panes.has(name)) this.#addUnforeseen(name);
  }

  /** What the model says beside the fields, such as its thinking, comes before what it was asked for. */
  #addUnforeseen(field: string): void {
    const { name: first } = this.#hub.model.get("fields")[0] ?? {};
    const before = first === undefined ? undefined : this.#panes.get(first)?.element;
    this.#row.insertBefore(this.#pane({ name: field, type: "str" }), before ?? null);
  }

  #pane(field: Field): HTMLElement {
    const pane = new Pane(field, this);
    this.#panes.set(field.name, pane);
    return pane.element;
  }

  #paint(deadline: number): boolean {
    const lengths = this.#lengths();
    const left = this.#paintPanes(deadline, lengths);
    if (!left && !lengths && this.#hub.state === "done") this.#foldThoughts();
    for (const pane of this.#panes.values()) pane.follow();
    if (this.#stateChanged) this.#news();
    return left;
  }

  #paintPanes(deadline: number, lengths: Map<string, number> | undefined): boolean {
    const { state } = this.#hub;
    const open = lengths ? lastBegun(lengths) : this.#hub.openField;
    let left = false;
    for (const [field, pane] of this.#panes) {
      left = pane.paint(field === open, state, deadline) || left;
      left = pane.goBack(lengths && (lengths.get(field) ?? 0), deadline) || left;
    }
    return left;
  }

  /** How much of each field there is to see, if the reader has gone back to an earlier moment. */
  #lengths(): Map<string, number> | undefined {
    const { stats, timeline } = this.#hub;
    const time = this.#status.scrubber.time(stats.duration ?? 0);
    return timeline && time !== undefined ? lengthsAt(timeline, time) : undefined;
  }

  #moved(): void {
    this.#hub.ask();
    this.#status.drawFigures(this.#hub);
    this.#painter.request();
  }

  /** Thoughts step back once there is something that was asked for. */
  #foldThoughts(): void {
    const answered = this.#hub.texts.names().some((name) => !isThought(name) && this.text(name).trim() !== "");
    if (answered) for (const pane of this.#panes.values()) pane.fold();
  }

  #news(): void {
    this.#stateChanged = false;
    const before = this.#root.dataset["state"];
    this.#drawState();
    if (before !== this.#hub.state || this.#announced) this.#announce();
  }

  #drawState(): void {
    this.#root.dataset["state"] = this.#hub.state;
    this.#root.dataset["complete"] = String(this.#hub.stats.complete ?? true);
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
    const { state, stats, error, notices } = this.#hub;
    const words = announcement(state, stats, error, notices);
    if (words !== this.#announced) this.announcer.tell(words);
    this.#announced = words;
  }

  /** The panes in their order, each text under its name. */
  #wholeText(): string {
    const fields = [...this.#row.children].map((pane) => (pane as HTMLElement).dataset["field"] ?? "");
    const said = fields.filter((field) => this.text(field) !== "");
    return said.map((field) => `${label(field)}\n\n${this.text(field)}`).join("\n\n");
  }
}

/** The field that was growing when there was so much of each. */
function lastBegun(lengths: Map<string, number>): string | undefined {
  return [...lengths].filter(([, length]) => length).at(-1)?.[0];
}
