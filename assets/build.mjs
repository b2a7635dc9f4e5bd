// Bundles each entry, with the licences of what went into it, into the directory that is given, or the static files.
import { build } from "esbuild";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = resolve(process.argv[2] ?? join(HERE, "../switchsite/static/switch/bundles"));
// Alpine is loaded by a plain script tag, the others by import.
const ENTRIES = { alpine: "iife", editor: "esm", sankey: "esm" };

async function bundle(name, format) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: HERE,
    entryPoints: [`${name}.js`],
    bundle: true,
    minify: true,
    format,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  writeFileSync(join(OUT, `${name}.js`), outputFiles[0].contents);
  writeFileSync(join(OUT, `${name}.licenses.txt`), licences(metafile));
}

function licences(metafile) {
  const packages = new Set(Object.keys(metafile.inputs).flatMap(packageOf));
  return [...packages].sort().map(licence).join("\n\n");
}

function packageOf(input) {
  const found = input.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/);
  return found ? [found[1]] : [];
}

function licence(name) {
  const directory = join(HERE, "node_modules", name);
  const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  // Alpine's packages come without the text of their licence, which is in its repository.
  const own = [join(directory, "LICENSE"), join(HERE, "licenses", `${name.split("/")[0]}.txt`)].find(existsSync);
  if (!own) throw new Error(`${name} has no licence text`);
  return `${name} ${version}\n${"=".repeat(name.length + version.length + 1)}\n${readFileSync(own, "utf8").trim()}\n`;
}

mkdirSync(OUT, { recursive: true });
await Promise.all(Object.entries(ENTRIES).map(([name, format]) => bundle(name, format)));
