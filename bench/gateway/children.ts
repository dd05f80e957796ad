import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import type { BenchGraph } from './graphs.ts';

/** A process of the bench that listens. */
export type Child = { readonly child: ChildProcess; readonly port: number };

/** Starts a script of the bench in production mode; resolves when it says on which port it listens. */
export async function start(
  file: string,
  args: readonly string[],
  execArgv: readonly string[] = [],
): Promise<Child> {
  const child = fork(join(import.meta.dirname, file), args, {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...execArgv],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code} before it listened.`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  ended.catch(() => {});
  return { child, port: message.port };
}

/** Starts the subgraphs of a graph, answering after `delay` ms, and writes the supergraph that leads to them. */
export async function startSubgraphs(graph: BenchGraph, delay: string, file: string): Promise<Child> {
  const subgraphs = await start('subgraphs.ts', [graph.name, delay]);
  const base = `http://127.0.0.1:${subgraphs.port}`;
  await writeFile(
    file,
    composeSupergraph(graph.subgraphs.map(({ name, sdl }) => ({ name, sdl, url: `${base}/${name}` }))),
  );
  return subgraphs;
}

/** Ends a process of the bench: at once, or by itself, so that it can write its profile. */
export async function stop({ child }: Pick<Child, 'child'>, how: 'now' | 'by itself' = 'now'): Promise<void> {
  const exited = once(child, 'exit');
  // Some engines take a SIGTERM for an invitation to wait.
  if (how === 'now') child.kill('SIGKILL');
  else child.disconnect();
  await exited;
}
