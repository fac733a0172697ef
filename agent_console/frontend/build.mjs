// Bundles every src/NAME.js and src/NAME/NAME.js into ../static/dist/NAME.js, and copies the style sheets that libraries bring along.
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, "../static/dist");
const entries = (await readdir(path.join(here, "src"), { withFileTypes: true }))
  .map((room) => (room.isDirectory() ? { name: room.name, file: `src/${room.name}/${room.name}.js` } : { name: room.name.replace(/\.js$/, ""), file: `src/${room.name}` }))
  .filter(({ file }) => existsSync(path.join(here, file)));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: entries.map(({ name, file }) => ({ in: file, out: name })),
  outdir: out,
  bundle: true,
  minify: true,
  sourcemap: true,
  target: "es2022",
  format: "iife",
  legalComments: "none",
  logLevel: "warning",
});
await copyFile(path.join(here, "node_modules/uplot/dist/uPlot.min.css"), path.join(out, "uplot.css"));
