import { randomUUID } from 'node:crypto';
import DataLoader from 'dataloader';
import { GraphQLError } from 'graphql';
import type { Sync } from '../../sync/index.ts';
import { told } from './errors.ts';
import type { Health } from './health.ts';
import type { Listing } from './listing.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import { type Belonging, type Page, type PageArguments, pageRequest } from './page.ts';
import { type Caller, demand, may, type Scope } from './rights.ts';
import type { LinkRow, Sql } from './rows.ts';
import type { Unified } from './unified.ts';

/** What outlives a request. */
export interface Surroundings {
  readonly sql: Sql;
  readonly sync: Sync;
  readonly unified: Unified;
  readonly health: Health;
}

/** What resolvers work with: one per operation, and one per event of a subscription. */
export interface SyncContext extends Surroundings {
  readonly caller: Caller | null;
  /** Who is named in events. */
  readonly actor: string;
  /** Joins what this operation does in the audit trail with the events that come of it. */
  readonly correlationId: string;
  readonly load: Loaders;
  /** Forgets everything read: before each event of a subscription, and after a write. */
  renew(): void;
  may(scope: Scope): boolean;
  demand(scope: Scope): void;
  /** Waits until what the token stands for is settled, by default the one in the header. Throws LAGGING, naming the sides. */
  fresh(token?: string | null): Promise<void>;
  /** A page of a list that belongs to a parent: the same list of all parents of a level is one statement. */
  pageOf<Row extends object>(child: Child, args: PageArguments): Promise<Page<Row>>;
  countOf(child: Child, args: PageArguments): Promise<number>;
}

/** Names a list that belongs to a parent. */
export interface Child extends Belonging {
  readonly listing: Listing;
  readonly parent: string;
}

/** How long a read waits for the write that its token stands for, in milliseconds. */
const patienceMs = 3000;

/** Makes the context of one operation. */
export function createContext(surroundings: Surroundings, caller: Caller | null): SyncContext {
  const { sql, sync, unified } = surroundings;
  let load = createLoaders(sql, unified, sync);
  const pages = new Map<string, DataLoader<string, Page<object>>>();
  const counts = new Map<string, DataLoader<string, number>>();
  const need = (scope: Scope) => demand(caller, scope);
  const request = (child: Child, args: PageArguments) =>
    pageRequest<object>(child.listing, args, need as (scope: string) => void);
  const settled = new Map<string, Promise<void>>();

  return {
    ...surroundings,
    caller,
    actor: caller?.subject ?? 'anonymous',
    correlationId: caller?.requestId ?? randomUUID(),
    get load() {
      return load;
    },
    renew() {
      load = createLoaders(sql, unified, sync);
      pages.clear();
      counts.clear();
    },
    may: (scope) => may(caller, scope),
    demand: need,
    fresh(token) {
      const wanted = token ?? caller?.headers?.['x-sync-token'];
      if (wanted === undefined) return Promise.resolve();
      const known = settled.get(wanted);
      if (known !== undefined) return known;
      const waited = settle(sync, wanted);
      settled.set(wanted, waited);
      return waited;
    },
    pageOf<Row extends object>(child: Child, args: PageArguments) {
      const key = keyOf(child, args);
      let loader = pages.get(key);
      if (loader === undefined) {
        const wanted = request(child, args);
        loader = new DataLoader(async (parents: readonly string[]) => {
          const found = await wanted.pages(sql, child, parents);
          if (child.listing.from === 'sync.link l')
            for (const page of found) load.remember(page.nodes as readonly LinkRow[]);
          return found;
        });
        pages.set(key, loader);
      }
      return loader.load(child.parent) as Promise<Page<Row>>;
    },
    countOf(child, args) {
      const key = keyOf(child, { ...args, first: null, after: null, last: null, before: null });
      let loader = counts.get(key);
      if (loader === undefined) {
        const wanted = request(child, args);
        loader = new DataLoader((parents: readonly string[]) => wanted.counts(sql, child, parents));
        counts.set(key, loader);
      }
      return loader.load(child.parent);
    },
  };
}

function keyOf({ listing, of }: Child, args: PageArguments): string {
  return `${listing.name} ${of} ${JSON.stringify(args)}`;
}

async function settle(sync: Sync, token: string): Promise<void> {
  const { lagging } = await told(() => sync.settled(token, patienceMs), ['syncToken']);
  if (lagging.length === 0) return;
  const sides = lagging.map((side) => side.toUpperCase());
  throw new GraphQLError(
    `What the sync token stands for is not settled yet: ${sides.join(' and ')} lags. Ask again, or without the token.`,
    { extensions: { code: 'LAGGING', lagging: sides } },
  );
}
