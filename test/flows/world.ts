import { afterAll, afterEach, expect } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import type { Author, LineChange, Write, WriteFailure } from '../../sync/core/connector.ts';
import type { Json, MappingName, Side, SystemRecord } from '../../sync/core/types.ts';
import type { Sync } from '../../sync/index.ts';
import { testDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';
import { silentEndings } from '../support/silent-endings.ts';

export type Fields = Readonly<Record<string, Json>>;
export type Line = Fields & { readonly lineId: string };

/** Someone at a screen of one of the systems. */
const person: Author = { actor: 'anna', origin: 'person' };

/** A line of the event log, as it is stored. */
export interface StoredEvent {
  readonly id: string;
  readonly seq: number;
  readonly mapping: string;
  readonly linkId: string | null;
  readonly outcome: string;
  readonly cause: { readonly kind: string };
  readonly fields: readonly {
    readonly field: string;
    readonly line?: string;
    readonly side: Side;
    readonly before: Json;
    readonly after: Json;
    readonly winner: Side | null;
    readonly why: string;
    readonly lost?: Json;
  }[];
}

export interface StoredLink {
  readonly id: string;
  readonly mapping: MappingName;
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly state: string;
  readonly endedBy: string | null;
  readonly linkedBy: { readonly kind: string; readonly key?: string };
  readonly waitsFor: readonly { readonly on: string; readonly reason: string }[] | null;
}

/** Both systems and the sync over one fresh database, with the few words that the tests speak. */
export type World = Awaited<ReturnType<typeof openWorld>>;

/** Opens a world for one test file; await it at the top of the file. It fails a test that makes the sync report an error. */
export async function openWorld() {
  const { sql } = await testDatabase();
  const systems = openSystems(sql);
  const errors: string[] = [];
  const sync: Sync = await assembleSync(sql, systems, {
    error: (detail, message) => errors.push(`${message} ${JSON.stringify(detail).slice(0, 600)}`),
    info: () => {},
  });
  await sync.start();
  afterAll(async () => {
    await sync.stop();
    await systems.close();
  });
  afterEach(async () => {
    expect(await silentEndings(sql), 'links that ended without a word').toEqual([]);
    expect(errors.splice(0), 'the sync reported no error').toEqual([]);
  });

  /** Waits until everything that was written has been synced, and says what is in the way where it never is. */
  async function settled(): Promise<void> {
    const giveUp = AbortSignal.timeout(patienceMs);
    await sync.quiet(giveUp);
    if (!giveUp.aborted) return;
    const lanes =
      await sql`select key, mapping, n, attempts, run_at, locked_until, rung from sync.lane limit 5`;
    throw new Error(`The sync did not come to rest: ${JSON.stringify(lanes)} ${errors.join('\n')}`);
  }

  async function tryWrite(side: Side, write: Write, author = person) {
    const [result] = await systems[side].write([write], author);
    return result!;
  }

  async function written(side: Side, write: Write, author = person): Promise<SystemRecord> {
    const result = await tryWrite(side, write, author);
    if (result.kind === 'failed') throw new Error(`Refused: ${JSON.stringify(result.failure)}`);
    if (result.kind === 'deleted') throw new Error('It is deleted.');
    return result.record;
  }

  /** Reads a record that must be there. */
  async function read(side: Side, entity: string, id: string): Promise<SystemRecord> {
    const record = (await systems[side].read(entity, [id])).get(id);
    if (!record) throw new Error(`The ${side} has no ${entity} ${id}.`);
    return record;
  }

  const links = (where: {
    readonly id: string;
    readonly mapping?: MappingName;
    readonly live?: boolean;
  }) => sql<StoredLink[]>`
    select id, mapping, crm_id as "crmId", erp_id as "erpId", state, ended_by as "endedBy", linked_by as "linkedBy",
      waits_for as "waitsFor"
    from sync.link
    where (crm_id = ${where.id} or erp_id = ${where.id} or id = ${where.id})
      and (${where.mapping ?? null}::text is null or mapping = ${where.mapping ?? null})
      and (${where.live === false} or state <> 'ended') and not lone
    order by created_at, id`;

  /** The one live link of a record in a flow. */
  async function linkOf(mapping: MappingName, id: string): Promise<StoredLink> {
    const found = await links({ mapping, id });
    if (found.length !== 1)
      throw new Error(`${mapping} ${id} has ${found.length} links: ${JSON.stringify(found)}`);
    return found[0]!;
  }

  return {
    ...systems,
    sync,
    sql,
    errors,
    settled,
    written,
    tryWrite,
    read,
    links,
    linkOf,
    fields: async (side: Side, entity: string, id: string): Promise<Fields> =>
      (await read(side, entity, id)).fields,
    lines: async (side: Side, entity: string, id: string): Promise<readonly Line[]> =>
      (await read(side, entity, id)).fields.lines as readonly Line[],
    create: (side: Side, entity: string, fields: Fields, author = person) =>
      written(side, { kind: 'create', entity, fields }, author),
    edit: (side: Side, entity: string, id: string, fields: Fields, author = person) =>
      written(side, { kind: 'update', entity, id, fields }, author),
    editLines: (
      side: Side,
      entity: string,
      id: string,
      lineChanges: readonly LineChange[],
      author = person,
    ) => written(side, { kind: 'update', entity, id, fields: {}, lineChanges }, author),
    remove: async (side: Side, entity: string, id: string): Promise<void> => {
      const result = await tryWrite(side, { kind: 'delete', entity, id });
      if (result.kind !== 'deleted') throw new Error(`Not deleted: ${JSON.stringify(result)}`);
    },
    /** Why a write was refused. */
    async refusal(side: Side, write: Write): Promise<WriteFailure> {
      const result = await tryWrite(side, write);
      if (result.kind !== 'failed') throw new Error(`Not refused: ${JSON.stringify(result)}`);
      return result.failure;
    },
    /** What a side told while flows rested is forgotten: nobody will ever read it. */
    async forgetNews(side: Side): Promise<void> {
      await sql`
        update sync.backlog b set cursor = f.cursor from sync.feed f where f.side = b.side and b.side = ${side}`;
    },
    /** Several writes of one side committed together; all must succeed. */
    async writeAll(side: Side, writes: readonly Write[], author = person): Promise<readonly SystemRecord[]> {
      const results = await systems[side].write(writes, author);
      return results.map((result, n) => {
        if (!('record' in result))
          throw new Error(`Refused: ${JSON.stringify(result)} for ${JSON.stringify(writes[n])}`);
        return result.record;
      });
    },
    /** The counterpart of a record in a flow. */
    async twin(mapping: MappingName, side: Side, id: string): Promise<string> {
      const link = await linkOf(mapping, id);
      const other = side === 'crm' ? link.erpId : link.crmId;
      if (!other) {
        const letters = await sql`select code, message from sync.dead_letter where link_id = ${link.id}`;
        throw new Error(`${mapping} ${id} has no counterpart: ${JSON.stringify([link, letters])}`);
      }
      return other;
    },
    events: (linkId: string) => sql<StoredEvent[]>`
      select id, seq, mapping, link_id as "linkId", outcome, cause, fields from sync.event
      where link_id = ${linkId} order by seq`,
    conflicts: (linkId: string) => sql<
      { id: string; field: string; line: string; crm: Json; erp: Json; baseCrm: Json; why: string }[]
    >`
      select id, field, line, crm, erp, base_crm as "baseCrm", why from sync.conflict
      where link_id = ${linkId} and resolved_at is null order by field`,
    issues: (linkId: string) => sql<{ code: string; field: string | null; message: string }[]>`
      select code, field, message from sync.issue where link_id = ${linkId} and closed_at is null order by field`,
    deadLetters: () => sql<{ id: string; linkId: string | null; code: string; message: string }[]>`
      select id, link_id as "linkId", code, message from sync.dead_letter where closed_at is null`,
    count: async (side: Side, entity: string, property: string, value: string): Promise<number> =>
      (await systems[side].find([{ entity, where: { [property]: value } }]))[0]!.length,
  };
}
