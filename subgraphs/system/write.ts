import { isGivenUp } from '../../drizzle/postgres/client.ts';
import type { Author, Write, WriteResult } from '../../sync/core/connector.ts';
import { type AsRead, writeAsRead } from './as-read.ts';
import { applyBatch } from './batch.ts';
import type { Connections } from './connection-scope.ts';
import { badInput, Refusal } from './failures.ts';
import type { EntityModel } from './model.ts';
import { type Item, prepare } from './prepare.ts';
import { modelNamed } from './read.ts';
import type { Origin } from './rules.ts';
import { duplicate, type Writing } from './settle.ts';
import { flight, type Run } from './sql-text.ts';

/** Who writes: a caller, or a rule of the system itself. */
export type WriteAuthor = Pick<Author, 'actor' | 'ahead'> & { readonly origin: Origin };

/** Most writes of one transaction. */
const batchSize = 500;

/** Attempts of a batch that lost a race (deadlock, a twin that came first) before it is taken apart. */
const attempts = 3;

/** The connections to write on, and what was read last. */
export interface Access {
  readonly connections: Connections;
  readonly asRead: AsRead;
}

/** How a write is made known. */
export interface Bell {
  /** Called as soon as all of a write is sent, on its connection. True: what it changes is read there. */
  readonly sent: (run: Run) => boolean;
  /** Called after each commit that wrote; `isRead` says that its changes are read already. */
  readonly written: (isRead: boolean) => void;
}

/**
 * Writes a batch: per entity one transaction of up to 500 records, in an order in which later ones may refer to
 * earlier ones. A write that fails never fails its neighbours: what the rules refuse is left out of the transaction,
 * and what the database refuses is found by halving.
 */
export async function writeAll(
  access: Access,
  writing: Writing,
  writes: readonly Write[],
  author: WriteAuthor,
  bell: Bell,
): Promise<readonly WriteResult[]> {
  const results = new Array<WriteResult>(writes.length);
  const items = new Map<string, Item[]>();
  for (const [at, write] of writes.entries()) {
    try {
      const model = modelNamed(writing, write.entity);
      const item = prepare(at, write, model, author);
      const list = items.get(model.name);
      if (list) list.push(item);
      else items.set(model.name, [item]);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      results[at] = { kind: 'failed', failure: error.failure };
    }
  }
  let { ahead } = author;
  for (const entity of writing.order) {
    for (const batch of batches(items.get(entity) ?? [])) {
      const { model } = batch[0]!;
      await writeSome(access, writing, batch, { bell, ahead }, (item, result) => {
        results[item.at] = result;
        noteResult(access.asRead, model, item.id, result);
      });
      ahead = undefined;
    }
  }
  return results;
}

/** Entities in an order in which what is referred to comes before what refers to it, as far as there is one. */
export function referredFirst(models: Writing['models']): readonly string[] {
  const left = new Map(Object.entries(models));
  const order: string[] = [];
  while (left.size > 0) {
    const free = [...left].find(([name, { header, line }]) =>
      [...header.refs, ...(line?.refs ?? [])].every(({ to }) => to === name || !left.has(to)),
    );
    // Customer and Contact refer to each other: the first of a circle goes first.
    const [name] = free ?? [...left][0]!;
    order.push(name);
    left.delete(name);
  }
  return order;
}

/** Batches in which no record and no key occurs twice: a second write of a record sees what the first one stored. */
function batches(items: readonly Item[]): readonly (readonly Item[])[] {
  const made: { items: Item[]; taken: Set<string> }[] = [];
  const lastOf = new Map<string, number>();
  for (const item of items) {
    const names = item.key === null ? [item.id] : [item.id, `key ${item.key}`];
    let at = Math.max(0, ...names.map((name) => (lastOf.get(name) ?? -1) + 1));
    while ((made[at]?.items.length ?? 0) >= batchSize) at++;
    made[at] ??= { items: [], taken: new Set() };
    made[at]!.items.push(item);
    for (const name of names) lastOf.set(name, at);
  }
  return made.map((batch) => batch.items);
}

function noteResult(asRead: AsRead, model: EntityModel, id: string, result: WriteResult): void {
  if ('record' in result && result.record) asRead.note(model, result.record);
  else asRead.forget(model, id);
}

/** What was read a moment ago is written at once, the rest in a transaction that reads it. Both come after what goes ahead. */
async function writeSome(
  { connections, asRead }: Access,
  writing: Writing,
  items: readonly Item[],
  { bell, ahead }: { readonly bell: Bell; readonly ahead: Author['ahead'] },
  answer: (item: Item, result: WriteResult) => void,
): Promise<void> {
  let isRead = false;
  const sent = (run: Run): void => {
    isRead = bell.sent(run);
  };
  let gone: Promise<unknown> | undefined;
  const swift = await connections
    .use(async (run) => {
      gone = ahead?.(run);
      const [, written] = await flight([gone, writeAsRead(run, writing, asRead, items, sent)]);
      return written;
    })
    .catch((error): typeof none => {
      if (judge(error) === 'fault') throw error;
      return none;
    });
  await gone;
  for (const item of items) if (swift.has(item.at)) answer(item, swift.get(item.at)!);
  if (swift.size > 0) bell.written(isRead);
  const left = items.filter(({ at }) => !swift.has(at));
  if (left.length > 0) await writeBatch(connections, writing, left, bell, answer);
}

const none: ReadonlyMap<number, WriteResult> = new Map();

async function writeBatch(
  connections: Connections,
  writing: Writing,
  items: readonly Item[],
  bell: Bell,
  answer: (item: Item, result: WriteResult) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      let isRead = false;
      const { results, wrote } = await connections.use((run) =>
        applyBatch(run, writing, items, () => {
          isRead = bell.sent(run);
        }),
      );
      for (const item of items) answer(item, results.get(item.at)!);
      if (wrote) bell.written(isRead);
      return;
    } catch (error) {
      const verdict = judge(error);
      if (verdict === 'fault') throw error;
      if (verdict === 'race' && attempt < attempts) continue;
      if (items.length === 1) {
        answer(items[0]!, { kind: 'failed', failure: refusalOf(error).failure });
        return;
      }
      break;
    }
  }
  const half = Math.ceil(items.length / 2);
  await writeBatch(connections, writing, items.slice(0, half), bell, answer);
  await writeBatch(connections, writing, items.slice(half), bell, answer);
}

type DatabaseError = Error & {
  readonly code?: string;
  readonly constraint_name?: string;
  readonly detail?: string;
  readonly column_name?: string;
};

/** A race is tried again; a refused value is one write's doing; all else is a fault of the call. */
function judge(error: unknown): 'race' | 'refused' | 'fault' {
  if (error instanceof Refusal) return 'refused';
  const code = (error as DatabaseError).code ?? '';
  if (isGivenUp(error) || code === '23505') return 'race';
  return /^(22|23)/.test(code) ? 'refused' : 'fault';
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { code, constraint_name, detail, column_name, message } = error as DatabaseError;
  if (code === '23505' && /_line_pkey$/.test(constraint_name ?? '')) {
    const lineId = /=\((.*)\)/.exec(detail ?? '')?.[1];
    return badInput('lines', lineId, 'is a line of another document; leave lineId out for a new line.');
  }
  if (code === '23505') return duplicate(constraint_name ?? 'id', detail ?? message, null);
  return new Refusal('BAD_USER_INPUT', message, column_name ? { field: column_name } : {});
}
