/**
 * Saved views on the page, which the kernel or the file has put there: one whose answer a run of this page has given
 * becomes a live one again, with its figures and its time. One that repeats what a live view beside it shows, or that is
 * kept for the file alone, is hidden as long as that view is there.
 */
import { element } from "./dom";
import type { Hub } from "./hub";
import { View } from "./view";

const SAVED = ".desiru[data-answer]";
const AREA = ".jp-OutputArea";
/** What a host wraps an output in: hidden with the view, for its prompt and its margins would stay. */
const ROW = ".jp-OutputArea-child";
/** What a cell has printed. */
const LINES = `${ROW} .jp-RenderedText`;
const PASSING = "desiru-passing";

/** Those that gave an answer, by its key. */
const hubs = new Map<string, Set<Hub>>();
/** Whose answer a saved view shows, once that is known: several runs may have given the same. */
const owners = new WeakMap<Element, Hub>();
const live = new Map<Hub, Set<HTMLElement>>();
const owning = new Set<Hub>();
/** Their models are gone. */
const gone = new WeakSet<Hub>();
const hidden = new Set<HTMLElement>();
const lines = new Set<string>();
let observer: MutationObserver | undefined;

/** A live view of the hub stands in `el` from now on. Returns how to take it away. */
export function stands(hub: Hub, el: HTMLElement): () => void {
  const places = live.get(hub) ?? new Set();
  live.set(hub, places.add(el));
  observer ??= watch();
  return () => {
    places.delete(el);
    reveal();
  };
}

/** Show again what no live view stands for any more. */
function reveal(): void {
  for (const saved of hidden) if (!isShown(owners.get(saved)!, saved)) show(saved);
}

/** Nothing takes the place of the hub's live views any more, but what has come for that takes it now. */
export function settle(hub: Hub): void {
  if (isPassing(hub)) return;
  for (const saved of hidden) {
    if (owners.get(saved) !== hub || isShown(hub, saved)) continue;
    for (const el of placesOf(hub)) if (isBeside(el, saved)) el.style.display = "none";
    show(saved);
  }
}

/** This line of figures stands below a saved view of the hub's answer: who sees the figures themselves does not need it. */
export function hideLine(line: string): void {
  lines.add(line);
  observer ??= watch();
  hideLines(document);
}

/** Saved views with this key show the answer of this hub, or of another that gave the same. */
export function recognise(hub: Hub, answer: string): void {
  hubs.set(answer, (hubs.get(answer) ?? new Set()).add(hub));
  observer ??= watch();
  place(document);
}

/** The hub's model is gone: no saved view that comes from now on is its own. */
export function forget(hub: Hub): void {
  gone.add(hub);
  live.delete(hub);
  for (const same of hubs.values()) same.delete(hub);
  reveal();
}

function watch(): MutationObserver {
  const observer = new MutationObserver((records) => {
    for (const record of records) {
      if (record.removedNodes.length) reveal();
      for (const node of record.addedNodes)
        if (node instanceof Element && !node.parentElement?.closest(".desiru")) {
          place(node);
          hideLines(node.closest(ROW) ?? node);
        }
    }
  });
  observer.observe(document.body, { childList: true, subtree: true });
  return observer;
}

function place(root: Document | Element): void {
  const within = root instanceof Element && root.matches(SAVED) ? [root] : root.querySelectorAll(SAVED);
  for (const saved of within as Iterable<HTMLElement>) {
    const hub = owners.get(saved) ?? ownerOf(saved);
    if (!hub || gone.has(hub) || hidden.has(saved)) continue;
    owners.set(saved, hub);
    owning.add(hub);
    if (isShown(hub, saved)) hide(saved);
    else if (!hub.live) adopt(hub, saved);
  }
}

/** The last of those that gave the answer and have a kernel; rather one that no saved view has yet, and rather one beside it. */
function ownerOf(saved: HTMLElement): Hub | undefined {
  const same = [...(hubs.get(saved.dataset["answer"]!) ?? [])].filter((hub) => !hub.alone).reverse();
  const free = same.filter((hub) => !owning.has(hub));
  return free.find((hub) => placesOf(hub).some((el) => isBeside(el, saved))) ?? free[0] ?? same[0];
}

function hideLines(root: Document | Element): void {
  for (const text of root.querySelectorAll(LINES)) {
    const known = text.textContent!.trim().split("\n").every((line) => lines.has(line));
    if (known) text.closest<HTMLElement>(ROW)?.style.setProperty("display", "none");
  }
}

/** Whether a live view shows what this one would say again. */
function isShown(hub: Hub, saved: HTMLElement): boolean {
  const places = placesOf(hub).filter((el) => el.isConnected);
  if (saved.classList.contains("desiru-kept")) return places.length > 0;
  return isPassing(hub) && places.some((el) => isBeside(el, saved));
}

/** Where its live views stand. */
function placesOf(hub: Hub): HTMLElement[] {
  return [...(live.get(hub) ?? [])];
}

function isPassing({ model }: Hub): boolean {
  return model.get("_dom_classes")?.includes(PASSING) ?? false;
}

/** Whether both are outputs of one cell, or of one container. */
function isBeside(el: HTMLElement, saved: HTMLElement): boolean {
  return el.closest(AREA) === saved.closest(AREA);
}

function hide(saved: HTMLElement): void {
  hidden.add(saved);
  (saved.closest<HTMLElement>(ROW) ?? saved).style.display = "none";
}

/** What hid it is gone; another live view may be there. */
function show(saved: HTMLElement): void {
  hidden.delete(saved);
  (saved.closest<HTMLElement>(ROW) ?? saved).style.display = "";
  place(saved);
}

function adopt(hub: Hub, saved: HTMLElement): void {
  const host = element("div", "desiru-host");
  saved.replaceWith(host);
  new View(hub, host);
}
