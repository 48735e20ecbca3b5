/** Whether the kernel of a model still lives. Whoever streams from one that has gone would wait for ever. */
import type { Model } from "./types";

type Slot = (sender: unknown, status?: string | void) => void;
type Signal = { connect(slot: Slot): unknown; disconnect(slot: Slot): unknown };

/** What the widget managers of JupyterLab, Notebook and Voila have beyond anywidget's types; others may lack any part of it. */
type KernelManager = { kernel?: { interrupt?: () => unknown; statusChanged?: Signal; disposed?: Signal } | null };

const GONE = new Set(["restarting", "autorestarting", "terminating", "dead"]);

/** Call `gone` when the model's kernel has gone. Returns how to stop watching it. */
export function watchKernel(model: Model, gone: () => void): () => void {
  const { statusChanged, disposed } = kernelOf(model) ?? {};
  const slot: Slot = (_, status) => {
    if (GONE.has(status ?? "dead")) gone(); // a connection that is given up says no more than that
  };
  for (const signal of [statusChanged, disposed]) signal?.connect(slot);
  return () => {
    for (const signal of [statusChanged, disposed]) signal?.disconnect(slot);
  };
}

/** Stop whatever the kernel does: a busy cell can keep our messages from it, but not this, which goes through the server. */
export function interruptKernel(model: Model): void {
  const answer = kernelOf(model)?.interrupt?.();
  // A kernel that has gone away rejects; there is nothing left to stop then.
  Promise.resolve(answer).catch(() => undefined);
}

function kernelOf(model: Model): KernelManager["kernel"] {
  return (model.widget_manager as KernelManager | undefined)?.kernel;
}
