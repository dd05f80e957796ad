import DataLoader from 'dataloader';
import type { SystemRecord } from '../../sync/core/types.ts';
import { type Asking, askedNames } from './asked-names.ts';
import type { Entity } from './entity.ts';
import { asking } from './errors.ts';
import type { Names } from './narrow.ts';
import type { Caller } from './rights.ts';
import { type LineSource, lineSourcesOf, type Source, sourcesOf } from './source.ts';
import type { Page, Query, System } from './system.ts';

/** What resolvers share during one operation. It must not outlive it: loaders remember what they have read. */
export interface SystemContext {
  readonly caller: Caller | null;
  /**
   * A record of an entity by its id, or null, with the fields that the operation selects. All ids asked for in one turn
   * are one call of the system.
   */
  record(entity: string, id: string, asking: Asking): Promise<Source | null>;
  /** A line of a document entity by its lineId, or null; likewise. */
  line(entity: string, lineId: string, asking: Asking): Promise<LineSource | null>;
  /** The page of the records whose `property` is `id`; equal questions about several ids are one call of the system. */
  pageWithin(entity: string, property: string, id: string, query: Query, asking: Asking): Promise<Page>;
  /** A record that was read or written on the way for an operation, as the source that answers show. */
  seen(entity: string, record: SystemRecord, asking: Asking): Source;
  /** Forgets everything after a write. */
  forget(): void;
}

/** Opens a context: per operation, and per event of a subscription. */
export function openContext(system: System, caller: Caller | null): SystemContext {
  // An operation of the gateway may ask this subgraph several times: what was read for one document lacks fields of others.
  let byDocument = new Map<Names, Loaders>();
  const loadersFor = (asking: Asking) => {
    const only = askedNames(asking);
    return { only, ...kept(byDocument, only, noLoaders) };
  };
  const entityOf = (name: string): Entity => system.shape.entities[name]!;

  const recordLoader = (name: string, asked: Asking) => {
    const { only, records } = loadersFor(asked);
    return kept(records, name, () => {
      const source = sourcesOf(system.shape, entityOf(name));
      return new DataLoader<string, Source | null>(async (ids) => {
        const found = await asking(() => system.read(name, ids, only));
        return ids.map((id) => {
          const record = found.get(id);
          return record === undefined ? null : source(record);
        });
      });
    });
  };
  const lineLoader = (name: string, asked: Asking) => {
    const { only, lines } = loadersFor(asked);
    return kept(lines, name, () => {
      const source = lineSourcesOf(system.shape, entityOf(name));
      return new DataLoader<string, LineSource | null>(async (ids) => {
        const found = await asking(() => system.readLines(name, ids, only));
        return ids.map((id) => {
          const read = found.get(id);
          return read === undefined ? null : source(read.documentId, read.line);
        });
      });
    });
  };

  const context: SystemContext = {
    caller,
    record: (entity, id, asked) => recordLoader(entity, asked).load(id),
    line: (entity, lineId, asked) => lineLoader(entity, asked).load(lineId),
    pageWithin: (entity, property, id, query, asked) => {
      const { only, pages } = loadersFor(asked);
      return kept(pages, `${entity}.${property}.${JSON.stringify(query)}`, () => {
        return new DataLoader<string, Page>(async (ids) => {
          const found = await system.queryWithin(entity, property, ids, query, only);
          return ids.map((one) => found.get(one) ?? nothing);
        });
      }).load(id);
    },
    seen: (entity, record, asked) => {
      const source = sourcesOf(system.shape, entityOf(entity))(record);
      recordLoader(entity, asked).prime(record.id, source);
      return source;
    },
    forget: () => {
      byDocument = new Map();
    },
  };
  return context;
}

const nothing: Page = { edges: [], total: 0, hasNextPage: false, hasPreviousPage: false };

type Loaders = {
  readonly records: Map<string, DataLoader<string, Source | null>>;
  readonly lines: Map<string, DataLoader<string, LineSource | null>>;
  readonly pages: Map<string, DataLoader<string, Page>>;
};

const noLoaders = (): Loaders => ({ records: new Map(), lines: new Map(), pages: new Map() });

function kept<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
