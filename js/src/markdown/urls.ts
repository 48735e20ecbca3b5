/** Addresses that are links without brackets: `<https://…>`, `<a@b.c>`, and bare ones as GitHub links them. */
import { address } from "./policy";

const AUTOLINK = /<([A-Za-z][A-Za-z0-9.+-]{1,31}:[^<>\0-\x20]*)>/y;
const PART = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const MAIL = new RegExp(`<([a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${PART}(?:\\.${PART})*)>`, "y");
const SCHEME = /(?:^|[^0-9A-Za-z])(https?)$/i;
/** Longer addresses are refused, so nothing is lost by reading no further, and so are those with a port of no digits. */
const BARE = /:\/\/(?![\w.-]+:\/)[^\s<]{1,2100}/y;
const TRAILING = /(?:[?!.,:*_~'"]|&[0-9A-Za-z]{1,31};)$/;

interface BareUrl {
  readonly url: string;
  readonly href: string;
  readonly scheme: string;
}

/** An address in angle brackets: what stands there, and where it leads. */
export function autolinkAt(text: string, position: number): { text: string; source: string } | undefined {
  AUTOLINK.lastIndex = MAIL.lastIndex = position;
  const url = AUTOLINK.exec(text)?.[1];
  if (url !== undefined) return { text: url, source: url };
  const mail = MAIL.exec(text)?.[1];
  return mail === undefined ? undefined : { text: mail, source: `mailto:${mail}` };
}

/** The bare address whose colon stands at `position`; it begins with the scheme at the end of what was read before. */
export function bareUrlAt(text: string, position: number): BareUrl | undefined {
  const scheme = SCHEME.exec(text.slice(Math.max(0, position - 6), position))?.[1];
  if (scheme === undefined) return undefined;
  BARE.lastIndex = position;
  const rest = BARE.exec(text)?.[0];
  const url = rest === undefined ? "" : scheme + withoutTrailing(rest);
  const href = address(url)?.href;
  return href === undefined ? undefined : { url, href, scheme };
}

/** Without the punctuation of the sentence around it; a parenthesis stays if it is opened inside. */
function withoutTrailing(url: string): string {
  let surplus = url.split(")").length - url.split("(").length;
  let end = url.length;
  for (;;) {
    if (url[end - 1] === ")" && surplus > 0) {
      surplus -= 1;
      end -= 1;
      continue;
    }
    const trailing = TRAILING.exec(url.slice(Math.max(0, end - 40), end))?.[0];
    if (!trailing) return url.slice(0, end);
    end -= trailing.length;
  }
}
