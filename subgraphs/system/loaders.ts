import DataLoader from 'dataloader';
import type { SystemRecord } from '../../sync/core/types.ts';
import type { Entity } from './entity.ts';
import { asking } from './errors.ts';
import type { Caller } from './rights.ts';
import { type LineSource, lineSourcesOf, type Source, sourcesOf } from './source.ts';
import type { Page, Query, System } from './system.ts';

/** What resolvers share during one operation. It must not outlive it: loaders remember what they have read. */
export interface SystemContext {
  readonly caller: Caller | null;
  /** A record of an entity by its id, or null. All ids asked for in one turn are one call of the system. */
  record(entity: string, id: string): Promise<Source | null>;
  /** A line of a document entity by its lineId, or null; likewise. */
  line(entity: string, lineId: string): Promise<LineSource | null>;
  /** The page of the records whose `property` is `id`; equal questions about several ids are one call of the system. */
  pageWithin(entity: string, property: string, id: string, query: Query): Promise<Page>;
  /** A record that was read or written on the way, as the source that answers show. */
  seen(entity: string, record: SystemRecord): Source;
  /** Forgets everything after a write. */
  forget(): void;
}

/** Opens a context: per operation, and per event of a subscription. */
export function openContext(system: System, caller: Caller | null): SystemContext {
  const records = new Map<string, DataLoader<string, Source | null>>();
  const lines = new Map<string, DataLoader<string, LineSource | null>>();
  const pages = new Map<string, DataLoader<string, Page>>();
  const entityOf = (name: string): Entity => system.shape.entities[name]!;

  const recordLoader = (name: string) =>
    kept(records, name, () => {
      const source = sourcesOf(system.shape, entityOf(name));
      return new DataLoader<string, Source | null>(async (ids) => {
        const found = await asking(() => system.read(name, ids));
        return ids.map((id) => {
          const record = found.get(id);
          return record === undefined ? null : source(record);
        });
      });
    });
  const lineLoader = (name: string) =>
    kept(lines, name, () => {
      const source = lineSourcesOf(system.shape, entityOf(name));
      return new DataLoader<string, LineSource | null>(async (ids) => {
        const found = await asking(() => system.readLines(name, ids));
        return ids.map((id) => {
          const read = found.get(id);
          return read === undefined ? null : source(read.documentId, read.line);
        });
      });
    });

  const context: SystemContext = {
    caller,
    record: (entity, id) => recordLoader(entity).load(id),
    line: (entity, lineId) => lineLoader(entity).load(lineId),
    pageWithin: (entity, property, id, query) =>
      kept(pages, `${entity}.${property}.${JSON.stringify(query)}`, () => {
        return new DataLoader<string, Page>(async (ids) => {
          const found = await system.queryWithin(entity, property, ids, query);
          return ids.map((one) => found.get(one) ?? nothing);
        });
      }).load(id),
    seen: (entity, record) => {
      const source = sourcesOf(system.shape, entityOf(entity))(record);
      recordLoader(entity).prime(record.id, source);
      return source;
    },
    forget: () => {
      records.clear();
      lines.clear();
      pages.clear();
    },
  };
  return context;
}

const nothing: Page = { edges: [], total: 0, hasNextPage: false, hasPreviousPage: false };

function kept<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
