/**
 * Which formulas a typesetter may see: those made of common mathematical commands, and of nothing else. Why, and the
 * same for saved views: `desiru_notebook/markdown/tex.py`.
 */
import tables from "../../../desiru_notebook/markdown/tex.json";

/** In characters, as Python counts them. */
const LONGEST_INLINE = 1000;
const LONGEST_DISPLAY = 4000;
const DEEPEST = 20;

/** Each one moves to the left: a few bring letters together, many would write over the text before the formula. */
const MOST_NEGATIVE_SPACES = 6;

const COMMANDS = new Set(Object.values(tables.commands).flatMap((words) => words.split(" ")));
const ENVIRONMENTS = new Set(tables.environments.split(" "));

const TOKEN = new RegExp(
  [
    "\\\\begin\\{(?<environment>[A-Za-z]+\\*?)\\}(?<columns>\\{[lcr|: ]*\\})?",
    "\\\\end\\{[A-Za-z]+\\*?\\}",
    "\\\\(?<word>[A-Za-z]+)",
    "\\\\\\\\\\s*\\*?\\s*\\[(?<skip>[^\\]]*\\]?)",
    "\\\\.?|\\^\\^|[{}$%]",
  ].join("|"),
  "gsu",
);
const SKIP = /^(?:[0-9](?:\.[0-9]{1,2})?(?:ex|em)|[0-9]{1,2}(?:\.[0-9]{1,2})?(?:pt|px|mu))\]$/;

/** Whether to typeset the formula, which comes without the marks around it. */
export function isAllowed(tex: string, display: boolean): boolean {
  if ([...tex].length > (display ? LONGEST_DISPLAY : LONGEST_INLINE)) return false;
  if (tex.split("\\!").length - 1 > MOST_NEGATIVE_SPACES) return false;
  const closers: string[] = [];
  for (const token of tex.matchAll(TOKEN)) if (!follow(token, closers)) return false;
  return closers.length === 0;
}

/** Whether the formula may go on after the token; `closers` are the ends of what is open, outermost first. */
function follow(token: RegExpExecArray, closers: string[]): boolean {
  const closer = closerOf(token);
  if (closer) return closers.push(closer) <= DEEPEST && isKnown(token);
  const [text] = token;
  if (text === "}" || text === "\\right" || text.startsWith("\\end{")) return closers.pop() === text;
  return isKnown(token);
}

/** The end of what the token opens, if it opens something. */
function closerOf({ 0: text, groups }: RegExpExecArray): string | undefined {
  if (groups?.["environment"]) return `\\end{${groups["environment"]}}`;
  if (text === "{") return "}";
  return text === "\\left" ? "\\right" : undefined;
}

function isKnown({ 0: text, groups }: RegExpExecArray): boolean {
  const { environment, columns, word, skip } = groups ?? {};
  // Other column specifications can repeat themselves and hold TeX.
  if (environment) return ENVIRONMENTS.has(environment) && (environment !== "array" || columns !== undefined);
  if (word) return COMMANDS.has(word);
  if (skip !== undefined) return SKIP.test(skip);
  return text === "{" || (text.length === 2 && tables.signs.includes(text[1]!));
}
