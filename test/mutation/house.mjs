// Imports the house anew for every mutant: each generation is a set of modules of its own, so that nothing which a
// mutant left behind in a module reaches the next one.
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = import.meta.dirname;
const own = pathToFileURL(here).href;
const root = pathToFileURL(join(here, '../..')).href;
const standIns = { vitest: 'tests.mjs', 'fast-check': 'cases.mjs' };
const sources = new Map();
let generation = 0;

/** From now on modules of the house are new ones. `changed` maps paths to what stands in for the files there. */
export function openHouse(changed) {
  for (const [path, source] of Object.entries(changed)) sources.set(path, stripTypeScriptTypes(source));
  registerHooks({
    resolve(specifier, context, next) {
      const standIn = standIns[specifier];
      if (standIn && !context.parentURL?.startsWith(own))
        return { url: pathToFileURL(join(here, standIn)).href, shortCircuit: true };
      const found = next(specifier, context);
      return isOurs(found.url) ? { ...found, url: `${found.url}?generation=${generation}` } : found;
    },
    load(url, context, next) {
      if (!url.includes('?generation=')) return next(url, context);
      return { format: 'module', source: sourceOf(fileURLToPath(url)), shortCircuit: true };
    },
  });
}

/** Imports these files, and all of the house that they import, for the first time. */
export async function importAnew(paths) {
  generation++;
  for (const path of paths) await import(pathToFileURL(path).href);
}

const isOurs = (url) =>
  url.startsWith(root) && url.endsWith('.ts') && !url.includes('/node_modules/') && !url.includes('?');

function sourceOf(path) {
  const known = sources.get(path);
  if (known !== undefined) return known;
  const source = stripTypeScriptTypes(readFileSync(path, 'utf8'));
  sources.set(path, source);
  return source;
}
