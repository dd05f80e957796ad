import { GraphQLError } from 'graphql';
import type { Ask, RecordRef, Sync, SyncResult } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';

/** Acts that an engine may offer beyond its usual door. */
interface More {
  followMerge(from: RecordRef, into: RecordRef, ask: Ask): Promise<readonly SyncResult[]>;
  erase(ref: RecordRef, ask: Ask): Promise<Erased>;
}

/** What an erasure found and did. */
interface Erased {
  readonly records: number;
  readonly links: number;
  readonly events: number;
  readonly deadLetters: number;
  readonly proof: string | null;
  readonly planToken: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly at: string | null;
  readonly by: string;
}

/** Two records of one system became one: the links of the first follow to the second. */
export function followMerge({ sync }: SyncContext, from: RecordRef, into: RecordRef, ask: Ask) {
  return offered(sync, 'followMerge')(from, into, ask);
}

/** Erases a person's data in both systems and in the sync. */
export function erase({ sync }: SyncContext, ref: RecordRef, ask: Ask) {
  return offered(sync, 'erase')(ref, ask);
}

function offered<Name extends keyof More>(sync: Sync, name: Name): More[Name] {
  const act = (sync as Sync & Partial<More>)[name];
  if (act !== undefined) return act.bind(sync) as More[Name];
  throw new GraphQLError(`${name} is not offered by this engine.`, { extensions: { code: 'UNSUPPORTED' } });
}
