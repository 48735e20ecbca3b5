/** Addresses that are links without brackets: `<https://…>`, `<a@b.c>`, and bare ones: see `desiru_notebook/markdown/urls.py`. */
import { match } from "./addresses";
import { address } from "./policy";

const AUTOLINK = /<([A-Za-z][A-Za-z0-9.+-]{1,31}:[^<>\0-\x20]*)>/y;
const PART = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const MAIL = new RegExp(`<([a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${PART}(?:\\.${PART})*)>`, "y");
const BEGINNING = /(?:(?<![0-9A-Za-z])https?|(?<![0-9A-Za-z/.@:%&=?#+$\\-])www)$/i;
/** Longer addresses are refused, so nothing is lost by reading no further, and so are those with a port of no digits. */
const LONGEST = 2100;
const HOST = /^(?::\/\/|\.(?=[a-z0-9-]+\.[a-z0-9]))(?![\w.-]+:\/)[^\s<>/?#'’]+/i;
/** Quotes and the like, and what is text behind an address: another one, an arrow, a footnote, an entity. */
const END =
  /[\s<>"`]|(?![\0-\x7f‐‑–·’])[\p{P}\p{Sm}]|\\(?:["'`\s\]]|$)|[,;|]http|[-=]>|\[\^|&(?!amp;)#?\w+;/u;
const SIGN = /['’()[\]{}]/g;
const WORD = /[\p{L}\p{N}]/u;
const TRAILING = /(?:&amp;|[?!.,:;*_~'"|([{‐‑–·])$/;

interface BareUrl {
  readonly text: string;
  readonly href: string;
  /** What of it stands before the position, and how long the rest is. */
  readonly beginning: number;
  readonly rest: number;
}

/** An address in angle brackets: what stands there, and where it leads. */
export function autolinkAt(text: string, position: number): { text: string; source: string } | undefined {
  const url = match(AUTOLINK, text, position)?.[1];
  if (url !== undefined) return { text: url, source: url };
  const mail = match(MAIL, text, position)?.[1];
  return mail === undefined ? undefined : { text: mail, source: `mailto:${mail}` };
}

/** The bare address whose scheme or `www` ends at `position`. */
export function bareUrlAt(text: string, position: number): BareUrl | undefined {
  const beginning = BEGINNING.exec(text.slice(Math.max(0, position - 6), position))?.[0];
  const rest = beginning && bare(text.slice(position, position + LONGEST));
  if (!rest) return undefined;
  const shown = (beginning + rest).replace(/&amp;/g, "&");
  const href = address(beginning.length === 3 ? `http://${shown}` : shown)?.href;
  return href === undefined ? undefined : { text: shown, href, beginning: beginning.length, rest: rest.length };
}

/** How far the address goes. A bracket that was opened in it stays, as an apostrophe in a word does. */
function bare(ahead: string): string {
  const host = HOST.exec(ahead)?.[0].length;
  if (!host) return "";
  let url = ahead.slice(0, END.exec(ahead)?.index);
  const opened: string[] = [];
  for (const { 0: sign, index } of url.matchAll(SIGN)) {
    const opening = { ")": "(", "]": "[", "}": "{" }[sign];
    if ("([{".includes(sign)) opened.push(sign);
    else if (opening ? opened.pop() !== opening : index === host || !WORD.test(String.fromCodePoint(url.codePointAt(index + 1) ?? 0))) {
      url = url.slice(0, index);
      break;
    }
  }
  for (let end; (end = TRAILING.exec(url.slice(-5))?.[0]); ) url = url.slice(0, -end.length);
  return url;
}
