/** One hub per model: keeps what the kernel has said and tells every view of the model. No DOM. */
import { Cancellation } from "./cancellation";
import { watchKernel } from "./lifeline";
import { Pace, TICKS } from "./pace";
import { LOADING } from "./status";
import { Stopwatch, type Now } from "./stopwatch";
import { amounts, type Timeline } from "./timeline";
import { Texts, type Growth } from "./texts";
import { isFinal, type FromKernel, type Model, type State, type Stats, type ToKernel } from "./types";

/** What a view does when something happens. */
export interface Watcher {
  grew(growth: Growth): void;
  /** The state, a final figure, the notice or the cancellation is another one. */
  changed(): void;
  /** The page has taken a view away that had the focus. */
  takeFocus?(): void;
}

type Snapshot = FromKernel & { type: "snapshot" };

export const GONE = "The kernel has gone, and the rest of the answer with it. Run the cell again.";

export class Hub {
  readonly model: Model;
  readonly texts = new Texts();
  /** Whether the focus is in a view, or was there when the page took that away: another one takes it. */
  focused = false;
  readonly #watchers = new Set<Watcher>();
  readonly #cancellation: Cancellation;
  readonly #stopwatch: Stopwatch;
  readonly #now: Now;
  readonly #pace = new Pace();
  #state: State;
  #notices: string[];
  #grownLast: string | undefined;
  #syncing = false;
  #timeline: Timeline | undefined;
  #asked = false;
  /** Whether there is no kernel any more, and whether it went before the run was over. */
  #alone = false;
  #gone = false;

  constructor(model: Model, now: Now = () => performance.now()) {
    this.model = model;
    this.#cancellation = new Cancellation(model);
    this.#stopwatch = new Stopwatch(model.get("stats"), now);
    this.#now = now;
    this.#state = model.get("state");
    this.#notices = model.get("notices");
    this.#settle(model.get("texts"));
  }

  /** Listen, and ask for what was sent before there was anybody to hear it. Returns how to stop listening. */
  start(): () => void {
    const stops = [
      watchKernel(this.model, () => this.#lose()),
      this.#on("msg:custom", (message) => this.#receive(message)),
      this.#on("change:texts", () => this.#answered(this.model.get("texts"))),
      this.#on("change:state", () => this.#enter(this.model.get("state"))),
      this.#on("change:stats", () => this.#measure(this.model.get("stats"))),
      this.#on("change:notices", () => this.#note(this.model.get("notices"))),
      ...["error", "notice", "model_name", "others", "number"].map((name) => this.#on(`change:${name}`, () => this.#changed())),
    ];
    if (this.live) this.#sync();
    return () => {
      this.#cancellation.settle();
      for (const stop of stops) stop();
    };
  }

  /** Tell `watcher` from now on. Returns how to stop telling it. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Let a view that is on the page have the focus. */
  passFocus(): void {
    for (const watcher of this.#watchers) watcher.takeFocus?.();
  }

  cancel(): void {
    if (!this.live) return;
    this.#cancellation.request();
    this.#changed();
  }

  /** Cancel this run and those that go on beside it. */
  cancelAll(): void {
    this.cancel();
    this.model.send({ type: "cancel_all" } satisfies ToKernel);
  }

  /** Ask for the times of a finished run, which are worth it only to a reader who goes back in it. */
  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.model.send({ type: "timeline" } satisfies ToKernel);
  }

  /** When how much was there, once the kernel has told it. */
  get timeline(): Timeline | undefined {
    return this.#timeline;
  }

  /** Whether one can go back in the run: it is over, its answer came in pieces, and the times are known to somebody. */
  get remembers(): boolean {
    return !this.live && this.stats.streamed && this.stats.ttft !== null && (!this.#alone || this.#timeline !== undefined);
  }

  /** Whether the kernel has gone, so that nothing can be told to it. */
  get alone(): boolean {
    return this.#alone;
  }

  get state(): State {
    return this.#state;
  }

  /** Whether the run may still produce something. */
  get live(): boolean {
    return !isFinal(this.#state);
  }

  get cancelling(): boolean {
    return this.live && this.#cancellation.requested;
  }

  get stats(): Stats {
    return this.live ? this.#stopwatch.running() : this.#stopwatch.stopped();
  }

  /** What came in each of the last ticks; what it was at the end, once that is reached. */
  get pace(): number[] {
    if (this.#timeline) return amounts(this.#timeline, this.stats.duration ?? 0, TICKS);
    return this.live ? this.#pace.until(this.#now()) : this.#pace.seen();
  }

  /** Why the run failed, if it did. */
  get error(): string {
    if (this.#gone) return GONE;
    return this.#state === "failed" ? this.model.get("error") : "";
  }

  /** What a reader should know about the answer. */
  get notices(): string[] {
    return this.#notices;
  }

  /** What there is to say about the waiting, if anybody waits. */
  get waiting(): string {
    return this.live && !this.loading ? this.model.get("notice") : "";
  }

  /** The model that is being loaded, in words that stand in the status line. */
  get loading(): string {
    const notice = this.model.get("notice");
    return LOADING.test(notice) ? notice : "";
  }

  /** The field that grows at the moment. */
  get openField(): string | undefined {
    return this.#state === "streaming" ? this.#grownLast : undefined;
  }

  #on(event: string, heard: (message: FromKernel) => void): () => void {
    this.model.on(event, heard);
    return () => this.model.off(event, heard);
  }

  #receive(message: FromKernel): void {
    if (message.type === "delta") {
      for (const delta of message.deltas) this.#extend(this.texts.append(delta));
      this.#pace.add(message.deltas.reduce((sum, [, , text]) => sum + text.length, 0), this.#now());
      this.#measure(message.stats);
    } else if (message.type === "snapshot") {
      this.#restore(message);
    } else if (message.type === "ack") {
      this.#cancellation.settle();
    } else if (message.type === "timeline") {
      this.#timeline = message;
      this.#changed();
    }
  }

  #extend(growth: Growth | "gap"): void {
    if (growth === "gap") return this.#sync();
    if (!growth.text) return;
    this.#grownLast = growth.field;
    // The first words may overtake the trait that announces them.
    if (this.#state === "pending") this.#enter("streaming");
    this.#tell(growth);
  }

  #restore({ texts, state, stats, notices }: Snapshot): void {
    // An answer that was under way while the run ended knows less than we do.
    const stale = isFinal(this.#state) && !isFinal(state);
    this.#answered(stale ? {} : texts);
    if (stale) return;
    this.#measure(stats);
    if (notices) this.#note(notices);
    this.#enter(state);
  }

  #answered(texts: Record<string, string>): void {
    this.#syncing = false;
    this.#settle(texts);
  }

  #settle(texts: Record<string, string>): void {
    for (const [field, whole] of Object.entries(texts)) this.#tell(this.texts.settle(field, whole));
  }

  #sync(): void {
    if (this.#syncing) return;
    this.#syncing = true;
    this.model.send({ type: "sync" } satisfies ToKernel);
  }

  #lose(): void {
    this.#alone = true;
    if (!this.live) return this.#changed();
    this.#gone = true;
    this.#enter("failed");
  }

  #enter(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    if (isFinal(state)) this.#cancellation.settle();
    this.#changed();
  }

  #note(notices: string[]): void {
    this.#notices = notices;
    this.#changed();
  }

  /** Figures of a run that lives are drawn by the views' own clock; the last ones are news. */
  #measure(stats: Stats | undefined): void {
    if (!stats) return;
    this.#stopwatch.set(stats);
    if (!this.live) this.#changed();
  }

  #tell(growth: Growth): void {
    if (!growth.text && !growth.replaces) return;
    for (const watcher of this.#watchers) watcher.grew(growth);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher.changed();
  }
}
