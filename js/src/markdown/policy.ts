/**
 * What may become of a model's text: every character is seen, and a link leads only where it says.
 * `desiru_notebook/visible.py` and `desiru_notebook/markdown/policy.py` are the same for saved views, and for terminals;
 * `tests/markdown_policy.json` holds for both.
 */

const LONGEST_ADDRESS = 2000;

/** England, Scotland, Wales: a black flag and tag characters that spell gbeng, gbsct or gbwls. */
const FLAG =
  "\\u{1F3F4}\\u{E0067}\\u{E0062}" +
  "(?:\\u{E0065}\\u{E006E}\\u{E0067}|\\u{E0073}\\u{E0063}\\u{E0074}|\\u{E0077}\\u{E006C}\\u{E0073})\\u{E007F}";
/** Joiners and selectors of a shape stay where they do something: in emoji, and in scripts whose letters join. */
const EMOJI = "\\xa9\\xae\\u203c\\u2049\\u2100-\\u2bff\\u3030\\u303d\\u3297\\u3299\\u{1f000}-\\u{1faff}";
const JOINING =
  "\\u0590-\\u061b\\u061d-\\u109f\\u1700-\\u17b3\\u17b6-\\u180a\\u1810-\\u1cff\\ua800-\\uabff\\ufb50-\\ufdff\\ufe70-\\ufefc" +
  "\\u{10a00}-\\u{11fff}\\u{1e900}-\\u{1e95f}";
const SHAPING =
  `(?<=[${JOINING}])[\\u200c\\u200d]|^[\\u200c\\u200d](?=[${JOINING}])` +
  `|(?<=[${EMOJI}]\\ufe0f?)\\u200d(?![^${EMOJI}])` + // at the end of a text more may come
  `|(?<=[${EMOJI}])[\\ufe0e\\ufe0f]|(?<=[#*0-9])\\ufe0f(?=\\u20e3)|(?<=[\\u1820-\\u18aa])[\\u180b-\\u180d\\u180f]`;
const CONTROLS = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufff9-\\ufffb\\ud800-\\udfff\\u{13430}-\\u{1343f}";
/** What Unicode lets a font leave out shows nothing. */
const HIDDEN = new RegExp(`(${FLAG}|${SHAPING})|[${CONTROLS}\\p{DI}]`, "gu");

// No `u` here: with it, ignoring case would make letters of the long s and the Kelvin sign.
const WEB = /^(https?):\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)*\.?)((?::[0-9]{1,5})?)((?:[/?#].*)?)$/is;
const MAIL = /^mailto:([a-z0-9._%+-]+@[a-z0-9.-]+)$/i;
const TRIMMED = /^[ \t\n\r\f]*([^ \t\n\r\f]+)[ \t\n\r\f]*$/;
const BREAKS_ADDRESS = /[\\\t-\r\p{Z}]/u;
const ENCODED = /%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/gu;

/** A browser reads a host that ends in a number as an IPv4 address, and shows 0x7f.1 as 127.0.0.1. What it cannot read, such
 *  as 127.0.0.256, JupyterLab takes for a path on its own server. */
const NUMERIC_HOST = /^(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const LAST_PORT = 65535;

/** Where a link leads: `href` in ASCII, and the `host` to show for it (of `mailto:`, the address itself). */
export interface Address {
  href: string;
  host: string;
}

/** The text with a visible sign for each control, bidi control, tag and other character that shows nothing. */
export function visible(text: string): string {
  return text.replace(HIDDEN, shown);
}

function shown(found: string, shaping?: string): string {
  if (shaping) return shaping;
  const code = found.codePointAt(0) ?? 0;
  if (code === 0 || (code >= 0x80 && code < 0xa0)) return "\ufffd";
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
}

/** Where a link with this address may lead, if anywhere: an absolute http or https address, or one mailbox. */
export function address(source: string): Address | undefined {
  const [, bare = ""] = TRIMMED.exec(source) ?? [];
  if (BREAKS_ADDRESS.test(bare) || visible(bare) !== bare) return undefined;
  const found = mailbox(bare) ?? page(bare);
  return found && found.href.length <= LONGEST_ADDRESS ? found : undefined;
}

function mailbox(source: string): Address | undefined {
  const [, host] = MAIL.exec(source) ?? [];
  // An escape could smuggle in a line break, and with it a header: a percent sign is only ever itself.
  return host === undefined ? undefined : { href: `mailto:${host.replaceAll("%", "%25")}`, host };
}

function page(source: string): Address | undefined {
  const [, scheme = "", name = "", port = "", rest = ""] = WEB.exec(source) ?? [];
  const host = name.toLowerCase();
  if (!host || (NUMERIC_HOST.test(host) && !IPV4.test(host)) || Number(port.slice(1)) > LAST_PORT) return undefined;
  return { href: `${scheme.toLowerCase()}://${host}${port}${rest.replace(ENCODED, encodeURIComponent)}`, host };
}
