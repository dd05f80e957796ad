// Bundles both pages into their generated/ folders, which are committed. Run with `npm ci && npm run build` in this folder.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { hashOfSources } from './sources.ts';

const shared = {
  bundle: true,
  format: 'esm',
  minify: true,
  legalComments: 'eof',
  target: 'es2022',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'info',
};

// GraphiQL, at `/` in development.
await build({
  ...shared,
  entryPoints: { page: 'page.jsx' },
  outdir: 'generated',
  splitting: true,
  loader: { '.woff2': 'file', '.ttf': 'file' },
  chunkNames: 'chunk-[hash]',
});
await cp('index.html', 'generated/index.html');

// The operators' console, at `/console`.
const output = join('console', 'generated');
await rm(output, { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: { console: join('console', 'console.jsx'), style: join('console', 'console.css') },
  outdir: output,
  plugins: [{ name: 'graphql', setup: bundleOperations }],
});
await cp(join('console', 'index.html'), join(output, 'index.html'));
await writeFile(join(output, 'sources.sha256'), `${hashOfSources()}\n`);

/** `import { operations, fragments } from 'operations'`: the texts of console/operations, by file name. */
function bundleOperations({ onResolve, onLoad }) {
  onResolve({ filter: /^operations$/ }, () => ({ path: 'operations', namespace: 'operations' }));
  onLoad({ filter: /.*/, namespace: 'operations' }, async () => ({
    contents: `export const operations = ${JSON.stringify(await texts('../operations'))};
      export const fragments = ${JSON.stringify(await texts('../operations/fragments'))};`,
  }));
}

/** Indentation is for people who read the files. */
async function texts(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort();
  const read = async (name) => [
    name.replace('.graphql', ''),
    (await readFile(join(folder, name), 'utf8')).replaceAll(/\s+/g, ' ').trim(),
  ];
  return Object.fromEntries(await Promise.all(names.map(read)));
}
