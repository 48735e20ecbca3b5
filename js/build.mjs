// Builds what Python ships: ../desiru_notebook/static/{loader.js, page.js, page.css, widget.js, widget.css, widget.hash}. The same sources give the
// same bytes on every machine, and the hash lets a Python test see a stale bundle without node.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "desiru_notebook", "static");

/** Everything a bundle is made of, as posix paths relative to this folder, sorted. */
async function inputs() {
  const found = await readdir(join(here, "src"), { recursive: true });
  const sources = found.filter((path) => /\.(ts|css)$/.test(path)).map((path) => `src/${path.replaceAll("\\", "/")}`);
  const tables = ["languages", "tex"].map((name) => `../desiru_notebook/markdown/${name}.json`);
  return [...sources, ...tables, "package.json", "package-lock.json", "tsconfig.json", "build.mjs"].sort();
}

/** sha256 over path NUL bytes NUL for each input; CRLF counts as LF, so that a Windows checkout agrees. */
async function hashOfInputs() {
  const hash = createHash("sha256");
  for (const path of await inputs()) {
    const bytes = (await readFile(join(here, path))).toString("latin1").replaceAll("\r\n", "\n");
    hash.update(path, "utf8").update("\0").update(bytes, "latin1").update("\0");
  }
  return hash.digest("hex");
}

/** The commands of TeX without their groups, and words with like endings side by side: that packs better. */
const words = {
  name: "words",
  setup: ({ onLoad }) =>
    onLoad({ filter: /tex\.json$/ }, async ({ path }) => {
      const tables = JSON.parse(await readFile(path, "utf8"));
      const commands = Object.values(tables.commands).join(" ").split(" ");
      const reversed = (word) => [...word].reverse().join("");
      const sorted = commands.sort((a, b) => (reversed(a) < reversed(b) ? -1 : 1)).join(" ");
      return { loader: "json", contents: JSON.stringify({ ...tables, commands: { sorted } }) };
    }),
};

const page = (kind) => ({ in: `src/page/${kind === "css" ? "page.css" : "main.ts"}`, out: "page" });
const shared = { absWorkingDir: here, bundle: true, minify: true, charset: "ascii", logLevel: "warning", outdir: out };
const note = "/* Built from js/src by `npm run build` in js/: edit there. */";
const module = { ...shared, format: "esm", target: "es2022", write: false, plugins: [words] };
// What esbuild leaves, terser makes a fortieth smaller once it is packed, and smaller still with calls and quotes of one kind.
const format = { preamble: note, ascii_only: true, quote_style: 1 };
const compress = { passes: 3, inline: false, lhs_constants: false, pure_getters: true, unsafe: true, unsafe_arrows: true };
/** Names of our own, in objects that never leave the bundle. */
const names =
  "ahead|alignments|announcer|begin|beginLine|beginning|canClose|canOpen|choices|closeBeforeHead|closes|continues|definitions|delimiters|" +
  "drawFigures|endLine|focused|fork|frozen|goBack|growing|hasText|headingLevel|holdsBrackets|indent|isBlank|isCode|isEmpty|isImage|" +
  "isTask|isText|keepKeys|loosen|makeRoom|makeRoomIn|onFrozen|openField|opensOnly|references|repaint|replaces|requested|" +
  "scrubber|settle|settleOpen|skipColumns|skipMark|skipSpace|" +
  "opens|passFocus|pieces|takeFocus|takes|toHeading|toParagraph|watchKernel|whenIdle";
const mangle = { properties: { regex: new RegExp(`^(?:${names})$`) } };
const smaller = { module: true, ecma: 2020, compress, mangle, format };

await mkdir(out, { recursive: true });
await build({ ...shared, entryPoints: [{ in: "src/widget.css", out: "widget" }, page("css")], banner: { css: note } });
// The spaces in the values of custom properties, which esbuild leaves as they are.
const stylesheet = JSON.stringify((await readFile(join(out, "widget.css"), "utf8")).replace(/(?<=\() | (?=\))|(?<=,) /g, ""));
const entryPoints = [{ in: "src/widget.ts", out: "widget" }, { in: "src/loader.ts", out: "loader" }, page("ts")];
const { outputFiles } = await build({ ...module, entryPoints, define: { STYLESHEET: stylesheet } });
for (const { path, text } of outputFiles) await writeFile(path, (await minify(text, smaller)).code);
await writeFile(join(out, "widget.hash"), await hashOfInputs());
