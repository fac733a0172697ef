// Bundles every src/*.js into ../static/dist/NAME.js, and copies the style sheets that libraries bring along.
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, "../static/dist");
const entries = (await readdir(path.join(here, "src"))).filter((name) => name.endsWith(".js"));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => path.join("src", name)),
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
