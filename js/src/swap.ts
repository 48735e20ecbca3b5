/**
 * A kernel puts the saved view in a live one's place by two messages, and between them a page may be painted with both on it.
 * A busy page may even show the saved one before it hears that the run is done: then both are there for a frame.
 */

const LONGEST_MS = 1000;

/** For a moment, give way as soon as there is one more saved view on the page. */
export function giveWay(root: HTMLElement): void {
  const saved = () => document.querySelectorAll(".desiru:not([tabindex])").length;
  const before = saved();
  const observer = new MutationObserver(() => {
    if (saved() > before) root.style.display = "none";
  });
  observer.observe(document, { childList: true, subtree: true });
  setTimeout(() => {
    observer.disconnect();
    root.style.display = "";
  }, LONGEST_MS);
}
