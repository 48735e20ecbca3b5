/** What a text that still grows does not show yet, because its next characters decide what it is. */

const UNDECIDED = /(?:[*_~`]+|\\|!?\[|!|\$+|&(?:#?[0-9A-Za-z]{0,31})|<\/?(?:[a-z][^\s<>]*)?)$/i;
const IN_WORD = /[\p{L}\p{N}\p{M})\]]/u;

/** How much of a text's end is looked at. */
const LOOKBACK = 256;

/** A link's or an image's target whose end is still to come: nothing at all, `(address "title`, or `[label`. */
const ADDRESS = String.raw`(?:<[^<>\n]*>?|(?:[^\s()<]|\([^\s()]*\))*(?:\([^\s()]*)?)`;
const TITLE = String.raw`(?:"[^"]*"?|'[^']*'?|\([^()]*\)?)?`;
const UNFINISHED = new RegExp(String.raw`(?:\([ \t\n]*${ADDRESS}(?:[ \t\n]+${TITLE}[ \t\n]*)?|\[[^[\]\n]*)?$`, "y");

/** The text without the markers at its end. */
export function heldBack(text: string): string {
  const undecided = UNDECIDED.exec(text.slice(-LOOKBACK));
  return (undecided ? text.slice(0, text.length - undecided[0].length) : text).trimEnd();
}

/** Whether the marker from `position` to `end` stands before a word and after none. */
export function startsWord(text: string, position: number, end: number): boolean {
  return end < text.length && !/\s/.test(text[end]!) && !IN_WORD.test(text[position - 1] ?? " ");
}

export function isUnfinishedTarget(text: string, position: number): boolean {
  UNFINISHED.lastIndex = position;
  return UNFINISHED.test(text);
}
