import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mappings } from '../sync/mappings/index.ts';
import { crm } from './crm/entities.ts';
import { erp } from './erp/entities.ts';
import { syncSdl } from './sync/sdl.ts';
import { unify } from './sync/unified.ts';
import { systemSdl } from './system/sdl.ts';

/** One committed file that is derived from declarations. */
export interface GeneratedFile {
  /** Absolute path. */
  readonly path: string;
  readonly text: string;
}

/** The SDL files of all subgraphs as declarations and mappings make them now. */
export function generatedSdl(): readonly GeneratedFile[] {
  return [
    { path: beside('./crm/schema.graphql'), text: systemSdl(crm) },
    { path: beside('./erp/schema.graphql'), text: systemSdl(erp) },
    { path: beside('./sync/schema.graphql'), text: syncSdl(unify(mappings)) },
  ];
}

/** Writes what differs, or with `check` only names it. Returns the files that differed. */
function bringUpToDate(files: readonly GeneratedFile[], check: boolean): readonly string[] {
  const stale = files.filter(({ path, text }) => readFileSync(path, 'utf8') !== text);
  if (!check) for (const { path, text } of stale) writeFileSync(path, text);
  return stale.map(({ path }) => relative(process.cwd(), path));
}

function beside(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

// `node subgraphs/sdl.ts` writes the files, `--check` fails where they differ.
if (import.meta.main) {
  const check = process.argv.includes('--check');
  const stale = bringUpToDate(generatedSdl(), check);
  for (const path of stale)
    console.log(check ? `${path} is not what the declarations make: npm run docs` : `Wrote ${path}`);
  process.exitCode = check && stale.length > 0 ? 1 : 0;
}
