/** A kernel and a page to test against: nothing sleeps, frames and timers run when a test says so. */
import { mock } from "node:test";
import { JSDOM } from "jsdom";
import type { FromKernel, Model, Stats, ToKernel, Traits } from "../src/types";
import widget from "../src/widget";

export const NO_STATS: Stats = {
  duration: null,
  ttft: null,
  tokens: 0,
  tokens_per_second: null,
  streamed: true,
  attempts: 1,
};
export const SOME_STATS: Stats = { ...NO_STATS, duration: 1.2, ttft: 0.24, tokens: 38, tokens_per_second: 41.4 };

const TRAITS: Traits = {
  fields: [
    { name: "reasoning", type: "str" },
    { name: "answer", type: "str" },
  ],
  model_name: "SmolLM2 135M",
  state: "streaming",
  texts: {},
  stats: NO_STATS,
  error: "",
  notice: "",
  notices: [],
  in_cell: true,
  answer: "",
  number: 1,
  others: 0,
  view_id: "view",
  figures: "",
  cleared: false,
  cell_id: "",
};

type Handler = (...args: any[]) => void; // as loose as anywidget's own

/** The kernel's end of a model. */
export class FakeKernel {
  readonly sent: ToKernel[] = [];
  readonly interrupt = mock.fn(() => Promise.resolve());
  readonly #slots = new Set<(sender: unknown, status: string) => void>();
  readonly #connection = {
    interrupt: this.interrupt,
    statusChanged: {
      connect: (slot: Handler) => void this.#slots.add(slot),
      disconnect: (slot: Handler) => void this.#slots.delete(slot),
    },
  };
  readonly #traits: Traits;
  readonly #context: object | undefined;
  readonly #handlers = new Map<string, Set<Handler>>();

  constructor(traits: Partial<Traits> = {}, context?: object) {
    this.#traits = { ...TRAITS, ...traits };
    this.#context = context;
  }

  /** Each hook gets a wrapper of its own around the model, as in anywidget. */
  model(): Model {
    return {
      get: (name) => this.#traits[name],
      set: () => undefined,
      save_changes: () => undefined,
      on: (event: string, handler: Handler) => void this.#listeners(event).add(handler),
      off: (event, handler) => void this.#listeners(event ?? "").delete(handler as Handler),
      send: (content: ToKernel) => void this.sent.push(content),
      widget_manager: this.#manager() as Model["widget_manager"],
    } as Model;
  }

  #manager(): object {
    return { get_model: () => Promise.reject(new Error("unused")), kernel: this.#connection, context: this.#context };
  }

  set(traits: Partial<Traits>): void {
    Object.assign(this.#traits, traits);
    for (const name of Object.keys(traits)) this.#fire(`change:${name}`);
  }

  say(message: FromKernel): void {
    this.#fire("msg:custom", message);
  }

  /** The host's own news of the kernel itself. */
  becomes(status: string): void {
    for (const slot of this.#slots) slot(this, status);
  }

  delta(field: string, offset: number, text: string): void {
    this.say({ type: "delta", deltas: [[field, offset, text]] });
  }

  listening(): number {
    return [...this.#handlers.values()].reduce((sum, handlers) => sum + handlers.size, this.#slots.size);
  }

  #listeners(event: string): Set<Handler> {
    const known = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, known);
    return known;
  }

  #fire(event: string, message?: unknown): void {
    for (const handler of this.#listeners(event)) handler(message);
  }
}

/** A document in the place of the browser's, and its frames. */
export class FakePage {
  readonly #window = new JSDOM().window;
  readonly document = this.#window.document;
  hidden = false;
  #frames: (() => void)[] = [];

  constructor() {
    Object.defineProperty(this.document, "hidden", { get: () => this.hidden });
    Object.assign(globalThis, {
      document: this.document,
      Element: this.#window.Element,
      MutationObserver: this.#window.MutationObserver,
      requestAnimationFrame: (paint: () => void) => this.#frames.push(paint),
      cancelAnimationFrame: (frame: number) => void (this.#frames[frame - 1] = () => undefined),
    });
  }

  frame(): void {
    const due = this.#frames;
    this.#frames = [];
    for (const paint of due) paint();
  }

  framesAsked(): number {
    return this.#frames.length;
  }
}

/** A widget as a host runs it: one initialize, then a view for each `render()`. */
export class FakeHost {
  readonly kernel: FakeKernel;
  readonly #widget = widget();
  readonly #stop: unknown;

  /** `context` is that of the notebook, where the host has one. */
  constructor(traits: Partial<Traits> = {}, context?: object) {
    this.kernel = new FakeKernel(traits, context);
    this.#stop = this.#widget.initialize({ model: this.kernel.model() } as never);
  }

  render(): { root: HTMLElement; remove: () => void } {
    const el = document.body.appendChild(document.createElement("div"));
    const remove = this.#widget.render({ model: this.kernel.model(), el } as never) as () => void;
    return { root: el.querySelector<HTMLElement>(".desiru")!, remove };
  }

  destroy(): void {
    (this.#stop as () => void)();
  }
}

export function textOf(root: HTMLElement, field: string): string {
  return paneOf(root, field).querySelector(".desiru-text")!.textContent!;
}

/** The fields that have a pane, in the order of the panes. */
export function fieldsOf(root: HTMLElement): string[] {
  return [...root.querySelectorAll<HTMLElement>(".desiru-pane")].map((pane) => pane.dataset["field"]!);
}

export function paneOf(root: HTMLElement, field: string): HTMLElement {
  return root.querySelector<HTMLElement>(`[data-field="${field}"]`)!;
}

/** What stands under the panes, each with the class that says what it is; undefined where nothing may take any room. */
export function remarksOf(root: HTMLElement): [kind: string, text: string][] | undefined {
  const box = root.querySelector<HTMLElement>(".desiru-remarks")!;
  return box.hidden ? undefined : [...box.children].map(({ className, textContent }) => [className, textContent!]);
}

export function buttonOf(root: HTMLElement): HTMLButtonElement {
  return root.querySelector<HTMLButtonElement>("button.desiru-cancel")!;
}
