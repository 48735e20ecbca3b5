/**
 * What the highlighter knows of programming languages: each row of `desiru_notebook/markdown/languages.json` becomes a
 * mode for code and one for the inside of each sort of comment and string. `languages.py` beside it explains the rows.
 */
import table from "../../../desiru_notebook/markdown/languages.json";

/** Keyword, string, comment, number, constant, or nothing of note. */
export type Kind = "kw" | "str" | "com" | "num" | "lit" | "";

/** A pattern, the kind of what it finds ("word": ask the language), and the mode after it unless it stays the same. */
export type Rule = [pattern: string, kind: Kind | "word", next?: Mode | "code"];

/** Rules of which the first one that fits applies, the last one to any character. */
export interface Mode {
  rules: Rule[];
  pattern: RegExp;
  /** Whether the next line goes on in it. */
  carries: boolean;
}

export interface Language {
  code: Mode;
  kindOf(word: string): Kind;
}

interface Row {
  like?: string;
  words?: string;
  kw?: string;
  lit?: string;
  nocase?: boolean;
  comment?: string;
  loose?: string;
  block?: string[];
  long?: string[];
  raw?: string[];
  strings?: string[];
  prefix?: string;
  extra?: string;
  rules?: [pattern: string, kind: Kind][];
}

const LONGEST_NAME = 20;
const NUMBER =
  "(?:0[xX][0-9A-Fa-f_]+|0[bBoO][0-7_]+|[0-9][0-9_]*(?:\\.[0-9][0-9_]*)?(?:[eE][+\\-]?[0-9]+)?)[A-Za-z0-9_]*";

const rows = new Map(Object.entries(table as unknown as Record<string, Row>));
const names = new Map(
  [...rows].flatMap(([name, row]) => [name, ...split(row.words)].map((word) => [word.toLowerCase(), name] as const)),
);
const PLAIN: Language = { code: mode([[".+", ""]]), kindOf: () => "" };
const languages = new Map<string, Language>();

/** What to call the language that the first word of an info string names. */
export function languageName(word: string): string {
  return names.get(word.toLowerCase()) ?? [...word].slice(0, LONGEST_NAME).join("");
}

/** The language that the word names, or one in which nothing is of note. */
export function language(word: string): Language {
  const name = names.get(word.toLowerCase());
  if (name === undefined) return PLAIN;
  const made = languages.get(name) ?? compile(rowOf(name));
  languages.set(name, made);
  return made;
}

function rowOf(name: string): Row {
  const own = rows.get(name) ?? {};
  if (own.like === undefined) return own;
  const base = rowOf(own.like);
  return { ...base, ...own, kw: `${base.kw ?? ""} ${own.kw ?? ""}` };
}

function compile(row: Row): Language {
  if (row.kw === undefined && row.rules === undefined) return PLAIN;
  const keywords = split(row.kw).map((word) => [word, "kw"] as const);
  const kinds = new Map<string, Kind>([...keywords, ...split(row.lit).map((word) => [word, "lit"] as const)]);
  return { code: codeMode(row), kindOf: (word) => kinds.get(row.nocase ? word.toLowerCase() : word) ?? "" };
}

function codeMode({ comment, loose, block, long, raw, strings, prefix = "", extra = "", rules = [] }: Row): Mode {
  const word = `[A-Za-z_${extra}\\u0080-\\u{10FFFF}][A-Za-z0-9_${extra}\\u0080-\\u{10FFFF}]*`;
  return mode([
    ...rules,
    ...enclosed(block, "com", { escapes: false, carries: true }),
    ...split(comment).map((start): Rule => [`${literal(start)}.*`, "com"]),
    ...split(loose).map((start): Rule => [`(?:^|[ \\t]+)${literal(start)}.*`, "com"]),
    ...enclosed(long, "str", { prefix, escapes: true, carries: true }),
    ...enclosed(raw, "str", { prefix, escapes: false, carries: true }),
    ...enclosed(strings, "str", { prefix, escapes: true, carries: false }),
    ["\\.{2,}", ""],
    [`\\.${word}`, ""], // a member is no keyword
    [word, "word"],
    [NUMBER, "num"],
    ["[ \\t]+|.", ""],
  ]);
}

type Manner = { prefix?: string; escapes: boolean; carries: boolean };

function enclosed(delimiters: string[] = [], kind: Kind, { prefix = "", escapes, carries }: Manner): Rule[] {
  return delimiters.map((delimiter) => {
    const [open = "", close = open] = delimiter.split(" ");
    const rules: Rule[] = [[literal(close), kind, "code"]];
    if (escapes) rules.push(["\\\\.", kind]);
    rules.push([`[^\\\\${literal(close.slice(0, 1))}]+`, kind], [".", kind]);
    return [prefix + literal(open), kind, mode(rules, carries)];
  });
}

function mode(rules: Rule[], carries = true): Mode {
  return { rules, pattern: new RegExp(rules.map(([pattern]) => `(${pattern})`).join("|"), "suy"), carries };
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function split(words = ""): string[] {
  return words.split(" ").filter((word) => word);
}
