import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the sources of the console are, from this folder. */
const folders = ['console', '../operations', '../operations/fragments'];

/** SHA-256 over everything the console is bundled from: the build writes it down, so that a test sees who forgot to build. */
export function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of folders)
    for (const name of readdirSync(join(import.meta.dirname, folder)).sort())
      if (/\.(jsx?|css|html|graphql|ts)$/.test(name))
        hash.update(`${name}\n${readFileSync(join(import.meta.dirname, folder, name), 'utf8')}\n`);
  return hash.digest('hex');
}
