import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Scenario } from './graphs.ts';
import { ask, load, type Question } from './load.ts';

/** A gateway that listens. */
export type Running = { readonly name: string; readonly child: ChildProcess; readonly url: string };

/** How engines are loaded: so many requests under way, in so many rounds of so many milliseconds each. */
export type Extent = { readonly connections: number; readonly rounds: number; readonly ms: number };

/** What an engine showed under load. */
export type Shown = {
  readonly name: string;
  /** Milliseconds of processor time for a query, round by round. */
  readonly cpu: number[];
  readonly latencies: number[];
  requests: number;
  seconds: number;
  /** Requests that subgraphs got meanwhile. */
  fetches: number;
  /** The most it had, MB. */
  memory: number;
};

/**
 * Before anything is counted, requests to each engine: code has to be compiled first, which takes a number of runs and
 * not a time. On a busy machine some seconds were too few of them, and the same engine needed 1.1 or 1.8 ms a query.
 */
const WARM_UP_REQUESTS = 2_000;

/** Warming is interleaved, too: else the first to be warmed gets its load from a client and subgraphs that are cold. */
const WARM_UP_ROUNDS = 4;

/** Ticks of /proc/<pid>/stat per second, on every Linux in use. */
const TICKS = 100;

/** Loads engines in turns. @param countFetches how many requests the subgraphs have had. Throws at a wrong answer. */
export async function compare(
  { query, variables }: Scenario,
  engines: readonly Running[],
  countFetches: () => Promise<number>,
  { connections, rounds, ms }: Extent,
): Promise<readonly Shown[]> {
  const bodies = (variables ?? [undefined]).map((each) => JSON.stringify({ query, variables: each }));
  const questions = await questionsOf(bodies, engines);
  for (let round = 0; round < WARM_UP_ROUNDS; round++)
    for (const { name, url } of engines)
      await load(url, questions.get(name)!, connections, { requests: WARM_UP_REQUESTS / WARM_UP_ROUNDS });
  const shown = new Map(engines.map(({ name }) => [name, nothing(name)]));
  for (let round = 0; round < rounds; round++)
    // Each begins a round once: what the one before leaves behind in subgraphs and client is nobody's own.
    for (const engine of rotated(engines, round)) {
      const sum = shown.get(engine.name)!;
      const cpu = cpuMs(engine.child);
      const fetches = await countFetches();
      const started = performance.now();
      const { requests, latencies } = await load(engine.url, questions.get(engine.name)!, connections, {
        ms,
      });
      sum.seconds += (performance.now() - started) / 1_000;
      sum.cpu.push((cpuMs(engine.child) - cpu) / requests);
      sum.fetches += (await countFetches()) - fetches;
      sum.requests += requests;
      sum.latencies.push(...latencies);
      sum.memory = Math.max(sum.memory, memoryMb(engine.child));
    }
  return [...shown.values()];
}

/** What each engine is asked and answers; the first one's data are what all have to say. */
async function questionsOf(
  bodies: readonly string[],
  engines: readonly Running[],
): Promise<ReadonlyMap<string, readonly Question[]>> {
  const questions = new Map<string, Question[]>(engines.map(({ name }) => [name, []]));
  for (const body of bodies) {
    let first: unknown;
    for (const { name, url } of engines) {
      const expected = await ask(url, body);
      const { data, errors } = JSON.parse(expected) as { data: unknown; errors?: unknown };
      first ??= data;
      if (errors || !isDeepStrictEqual(data, first))
        throw new Error(`${name} answers otherwise: ${expected.slice(0, 500)}`);
      questions.get(name)!.push({ body, expected });
    }
  }
  return questions;
}

function nothing(name: string): Shown {
  return { name, cpu: [], latencies: [], requests: 0, seconds: 0, fetches: 0, memory: 0 };
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS;
}

function memoryMb({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}
