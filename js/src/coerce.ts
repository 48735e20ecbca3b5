/** From the text of a field to its value, as `desiru_notebook/coerce.py` has it. */
import { allowsNone, withoutNone, type Kind } from "./kinds";
import { readData, type Data } from "./partialjson";

const BULLET = /^\s*(?:[-*+\u2022]|\d{1,3}[.)])\s+/;
const FENCE = /^```\w*\n(.*?)\n?```$/s;
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const BETWEEN_COMMAS = / *(?:"((?:[^"]|"")*)(?:"|$)([^,]*)|([^,]*))(,|$)/y;
const NUMBER = /^([-+]?)\s*[$€£¥]?\s*([-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d*\.?\d+)\s*%?\.?$/;
const WHOLE = /^([-+]?\d{1,4300})(?:\.0*)?$/;
const DECIMAL = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;
const ENDLESS = /^([-+]?)(?:inf|infinity)$/i;
const YES = ["1", "on", "t", "true", "y", "yes"];
const NO = ["0", "off", "f", "false", "n", "no"];

/** A fence whose end has not come. */
export const OPENED_FENCE = /^(?:`{1,2}$|```\w*(?:\n|$))/;

/** The most characters of a number in words: the pattern takes their square of time. */
const LONGEST = 500;

/** The value that `text` stands for; undefined where it is none. The rules of a type from code are not known here. */
export function coerce(text: string, type: Kind): Data | undefined {
  if (allowsNone(type) && ["", "none", "null"].includes(text.trim().toLowerCase())) return null;
  const kind = withoutNone(type);
  if (kind.name === "str") return text;
  if (kind.name === "Literal") return choice(text, kind.choices);
  if (kind.name === "int" || kind.name === "float") return fit(plainNumber(text), kind);
  if (kind.name === "bool") return fit(strip(text.trim(), "", ".!"), kind);
  if (kind.name === "list") return coerceItems(text, kind.args[0]!);
  return fit(data(text), kind);
}

/** A choice as a signature spells it. */
export function choiceText(value: Data): string {
  return value === true ? "True" : value === false ? "False" : String(value);
}

function choice(text: string, choices: Data[]): Data | undefined {
  const said = strip(text.trim(), "'\"`*.").toLowerCase();
  return choices.find((value) => said === choiceText(value).toLowerCase() || text === value);
}

function plainNumber(text: string): string {
  const [, sign, digits] = (text.length < LONGEST && NUMBER.exec(text.trim())) || [];
  return digits === undefined ? text : (sign! + digits).replaceAll(",", "");
}

function coerceItems(text: string, kind: Kind): Data[] | undefined {
  const items = listItems(text, kind.name);
  return all(items.map((item) => (typeof item === "string" ? coerce(item, kind) : fit(item, kind))));
}

/** The items of JSON, of a bullet list (a line that leads to it left out), of lines, or between commas. */
function listItems(text: string, kind: string): Data[] {
  const found = (kind === "str" && cutTexts(text)) || data(text);
  if (Array.isArray(found)) return found;
  const lines = text.split(LINE_END).filter((line) => line.trim());
  const bullets = BULLET.test(lines[0] ?? "-") ? lines : lines.slice(1);
  if (bullets.length && bullets.every((line) => BULLET.test(line))) {
    return bullets.map((line) => line.replace(BULLET, "").trim());
  }
  const numbers = kind === "int" || kind === "float";
  const parts = lines.length > 1 ? lines : numbers ? text.split(text.includes(", ") ? ", " : ",") : betweenCommas(text);
  return parts.filter((part) => part.trim()).map((part) => strip(part.trim(), "'\""));
}

/** The items of a list of texts that ends too early, the last one as far as it came. */
function cutTexts(text: string): Data | undefined {
  const { cut, data } = readData(text.trim().replace(OPENED_FENCE, "")) ?? {};
  return cut && Array.isArray(data) && data.every((item) => typeof item === "string") ? data : undefined;
}

/** `"a", "b, c"` are two texts. */
function betweenCommas(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0, comma = ","; comma; at = BETWEEN_COMMAS.lastIndex) {
    BETWEEN_COMMAS.lastIndex = at;
    const [, quoted, behind, bare, end] = BETWEEN_COMMAS.exec(text)!;
    parts.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"') + behind!);
    comma = end!;
  }
  return parts;
}

/** The JSON, or the Python list or dict, that the text is; the text itself where it is neither. */
function data(text: string): Data {
  const body = text.trim();
  const inside = FENCE.exec(body)?.[1]?.trim() ?? body;
  const reading = /^(?:'|True|False|None)/.test(inside) ? undefined : readData(inside);
  return reading?.whole ? reading.data! : inside;
}

/** The data as a value of the type, in the ways in which pydantic bends it. */
function fit(value: Data, type: Kind): Data | undefined {
  if (!type.name) return fitOne(value, type.args);
  const [first, second] = type.args;
  if (type.name === "list" && first) return Array.isArray(value) ? all(value.map((item) => fit(item, first))) : undefined;
  if (type.name === "dict" && second) return value instanceof Map ? fitMap(value, second) : undefined;
  if (type.name === "Literal") return type.choices.includes(value) ? value : undefined;
  return fitScalar(value, type.name);
}

function fitOne(value: Data, kinds: Kind[]): Data | undefined {
  for (const kind of kinds) {
    const fitted = fit(value, kind);
    if (fitted !== undefined) return fitted;
  }
  return undefined;
}

function fitMap(map: Map<string, Data>, kind: Kind): Map<string, Data> | undefined {
  const values = all([...map.values()].map((value) => fit(value, kind)));
  return values && new Map([...map.keys()].map((key, at) => [key, values[at]!]));
}

function fitScalar(value: Data, name: string): Data | undefined {
  if (name === "str") return typeof value === "string" ? value : undefined;
  if (name === "None") return value === null ? value : undefined;
  if (!["int", "float", "bool"].includes(name)) return value;
  if (typeof value === "object" || (name === "int" && isTooBig(value))) return undefined;
  const text = String(value).trim().toLowerCase();
  if (name === "bool") return YES.includes(text) ? true : NO.includes(text) ? false : undefined;
  const digits = value === true ? "1" : value === false ? "0" : text;
  return name === "int" ? whole(digits) : decimal(digits);
}

/** Pydantic makes no whole number of a float that 64 bits cannot hold. */
function isTooBig(value: Data): boolean {
  return typeof value === "number" && Math.abs(value) >= 2 ** 63;
}

function whole(text: string): bigint | undefined {
  const digits = WHOLE.exec(text)?.[1];
  return digits === undefined ? undefined : BigInt(digits.replace("+", ""));
}

function decimal(text: string): number | undefined {
  const sign = ENDLESS.exec(text)?.[1];
  if (sign !== undefined) return sign === "-" ? -Infinity : Infinity;
  return DECIMAL.test(text) ? Number(text) : /^[-+]?nan$/i.test(text) ? NaN : undefined;
}

/** The text without these characters at its ends. */
function strip(text: string, before: string, behind = before): string {
  let [start, end] = [0, text.length];
  while (start < end && before.includes(text[start]!)) start++;
  while (start < end && behind.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

function all<T>(values: (T | undefined)[]): T[] | undefined {
  return values.every((value) => value !== undefined) ? values : undefined;
}
