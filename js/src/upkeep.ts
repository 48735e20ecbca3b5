/** What the page does for a run beside drawing it: its answer gets into the notebook, and a run that nobody sees is told of. */
import type { Hub } from "./hub";
import { emptyCell, hasGivenUp, outputsOf, type Put } from "./notebook";
import { forget, hideLine, recognise, settle, stands } from "./saved";
import type { FromKernel, Model, ToKernel } from "./types";

/** How long the kernel has to put the answer into its output, before the page does so: it may have been loaded since. */
const PATIENCE_MS = 1000;
/** A cell that is moved is taken out of the page and put in again. */
const MOVING_MS = 300;
/** JupyterLab looks for a view's model for two seconds. One that comes in the last pause between two looks is "not found". */
const LOOKING_MS = 3000;

export class Upkeep {
  readonly #model: Model;
  readonly #hub: Hub;
  readonly #views = new Set<HTMLElement>();
  #asked = false;
  /** Whether this page has shown no view of it: it may have been loaded in the midst of the run, and the output not saved before. */
  #missed = true;

  constructor(model: Model, hub: Hub) {
    this.#model = model;
    this.#hub = hub;
  }

  /** Returns how to stop. */
  start(): () => void {
    const stops = [
      this.#hub.watch({ grew: () => undefined, changed: () => this.#look() }),
      this.#on("change:answer", () => this.#recognise()),
      this.#on("change:figures", () => this.#recognise()),
      this.#on("change:cleared", () => this.#clear()),
      this.#on("change:_dom_classes", () => settle(this.#hub)),
      this.#on("msg:custom", (message) => this.#put(message)),
    ];
    const again = setTimeout(() => this.#showAgain(), LOOKING_MS);
    this.#recognise();
    this.#look();
    this.#clear();
    return () => {
      clearTimeout(again);
      for (const stop of stops) stop();
      forget(this.#hub);
    };
  }

  #on(event: string, heard: (message: FromKernel) => void): () => void {
    this.#model.on(event, heard);
    return () => this.#model.off(event, heard);
  }

  #put(message: FromKernel): void {
    if (message.type !== "kept") return;
    const { data, metadata } = message;
    for (const put of this.#places()) put({ output_type: "display_data", data, metadata });
  }

  /** A view stands in `el`. Returns what to do when it is gone. */
  view(el: HTMLElement): () => void {
    this.#views.add(el);
    this.#missed = false;
    const leave = stands(this.#hub, el);
    return () => {
      this.#views.delete(el);
      leave();
      setTimeout(() => this.#miss(this.#views.size), MOVING_MS);
    };
  }

  #showAgain(): void {
    if (this.#missed && hasGivenUp()) for (const put of this.#outputs() ?? []) put();
  }

  #recognise(): void {
    const answer = this.#model.get("answer");
    if (answer) recognise(this.#hub, answer);
    const figures = this.#model.get("figures");
    if (figures) hideLine(figures);
  }

  #look(): void {
    if (this.#asked || this.#hub.live) return;
    this.#asked = true;
    this.#recognise();
    this.#send({ type: "ended", missed: this.#missed && !this.#outputs()?.length });
    setTimeout(() => this.#keep(), PATIENCE_MS);
  }

  /** Ask for what takes the place of the view, unless its reader is at it. */
  #keep(): void {
    if (!this.#outputs()?.length) return;
    if (document.activeElement?.closest(".desiru")) setTimeout(() => this.#keep(), PATIENCE_MS);
    else this.#send({ type: "keep" });
  }

  /** An output that is cleared while the page draws its view leaves that behind, in no document. */
  #clear(): void {
    setTimeout(() => {
      if (this.#model.get("cleared")) this.#miss([...this.#views].filter((el) => el.isConnected).length);
    }, MOVING_MS);
  }

  #miss(views: number): void {
    if (this.#hub.live && !views && this.#outputs()?.length === 0) this.#send({ type: "unseen" });
  }

  /** Where the answer has to be put, and the kernel cannot. */
  #places(): Put[] {
    const own = this.#outputs() ?? [];
    return this.#missed && !own.length ? emptyCell(this.#model, this.#model.get("cell_id")) : own;
  }

  #outputs(): ReturnType<typeof outputsOf> {
    return outputsOf(this.#model, this.#model.get("view_id"));
  }

  #send(message: ToKernel): void {
    if (!this.#hub.alone) this.#model.send(message);
  }
}
