// Bundles the page into generated/, which is committed. Run with `npm ci && npm run build` in this folder.
import { cp } from 'node:fs/promises';
import { build } from 'esbuild';

await build({
  entryPoints: { page: 'page.jsx' },
  bundle: true,
  outdir: 'generated',
  format: 'esm',
  splitting: true,
  minify: true,
  legalComments: 'eof',
  target: 'es2022',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.woff2': 'file', '.ttf': 'file' },
  chunkNames: 'chunk-[hash]',
  logLevel: 'info',
});
await cp('index.html', 'generated/index.html');
