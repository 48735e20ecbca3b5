/** Which keys stay inside the view. */

/** Escape cancels while there is something to cancel; a key that is a notebook shortcut does not leave the view. */
export function keepKeys(root: HTMLElement, isLive: () => boolean, cancel: () => void): void {
  // JupyterLab listens before us, on the document, and looks for this attribute.
  root.dataset["lmSuppressShortcuts"] = "true";
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (!isLive()) return;
      event.preventDefault();
      event.stopPropagation();
      cancel();
    } else if (isCommand(event)) {
      event.stopPropagation();
    }
  });
}

/** In command mode a bare key (a, dd, Enter) is a command, and Enter with any modifier runs the cell. */
function isCommand({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (key === "Tab") return false;
  return key === "Enter" || !(ctrlKey || metaKey || altKey);
}
