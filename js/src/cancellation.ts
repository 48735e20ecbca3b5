/** Asking the kernel to stop, and what to do when it does not hear us. */
import { interruptKernel } from "./lifeline";
import type { Model, ToKernel } from "./types";

/** How long the kernel may stay silent after a cancel before it is interrupted. */
export const PATIENCE_MS = 800;

export class Cancellation {
  readonly #model: Model;
  #requested = false;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(model: Model) {
    this.#model = model;
  }

  get requested(): boolean {
    return this.#requested;
  }

  request(): void {
    if (this.#requested) return;
    this.#requested = true;
    this.#deadline = setTimeout(() => this.#giveUpWaiting(), PATIENCE_MS);
    this.#model.send({ type: "cancel" } satisfies ToKernel);
  }

  /** An interrupt is for the run's own cell only: somebody else's goes on, and our message is heard after it. */
  #giveUpWaiting(): void {
    if (this.#model.get("in_cell")) interruptKernel(this.#model);
  }

  /** The kernel has heard us, or the run is over: no interrupt. */
  settle(): void {
    clearTimeout(this.#deadline);
  }
}
