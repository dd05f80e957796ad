import { type ExecutionResult, execute, parse, validate } from 'graphql';
import { expect } from 'vitest';
import type { Sql } from '../../drizzle/postgres/open.ts';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { createErp } from '../../subgraphs/erp/system.ts';
import type { Caller } from '../../subgraphs/sync/rights.ts';
import { createSyncSubgraph, type SyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import type { Json } from '../../sync/core/types.ts';
import type { Sync } from '../../sync/index.ts';
import { mappings } from '../../sync/mappings/index.ts';

/** The subgraph over tables that a test fills itself: the engine does not run, both systems answer. */
export function readingSubgraph(sql: Sql): SyncSubgraph {
  const connectors = { crm: createCrm({ sql }), erp: createErp({ sql }) };
  const byName = Object.fromEntries(mappings.map((mapping) => [mapping.name, mapping]));
  // Neither system has a rate budget here, and no clock was measured.
  const budgets = async () => ({ crm: null, erp: null });
  const clocks = () => ({ crm: null, erp: null });
  const well = { open: false, since: null, reason: null, heldUp: [] };
  const breakers = () => ({ crm: well, erp: well });
  const refusal = () => null;
  const sync = { connectors, mappings: byName, budgets, clocks, breakers, refusal } as unknown as Sync;
  return createSyncSubgraph({ sql, sync, mappings });
}

/** An answer, to be walked by name and compared as a whole. */
export interface Tree {
  readonly [name: string]: Tree;
}

/** What stands at a path of an answer: `customers.nodes.0`. */
export function at(tree: Tree | null | undefined, path: string): Tree {
  return path.split('.').reduce((found, step) => found?.[step] as Tree, tree as Tree);
}

/** The members of a list in an answer. */
export function members(list: Tree | undefined): readonly Tree[] {
  return list as unknown as readonly Tree[];
}

/** One value of every member of a list. */
export function each(list: Tree | undefined, name: string): readonly string[] {
  return members(list).map((member) => String(member[name]));
}

/** Asks a subgraph as its own server would: the operation has to be valid. */
export async function ask(
  subgraph: SyncSubgraph,
  document: string,
  variables: Readonly<Record<string, unknown>> = {},
  caller: Caller | null = null,
): Promise<ExecutionResult<Tree>> {
  const parsed = parse(document);
  expect(validate(subgraph.schema, parsed).map(({ message }) => message)).toEqual([]);
  const result = await execute({
    schema: subgraph.schema,
    document: parsed,
    variableValues: variables,
    contextValue: subgraph.context(caller),
  });
  return JSON.parse(JSON.stringify(result));
}

/** The data of an answer that must have no errors. */
export async function data(
  subgraph: SyncSubgraph,
  document: string,
  variables: Readonly<Record<string, unknown>> = {},
  caller: Caller | null = null,
): Promise<Tree> {
  const result = await ask(subgraph, document, variables, caller);
  expect(result.errors).toBeUndefined();
  return result.data!;
}

type Values = Readonly<Record<string, Json>>;

/** A link to store: what is left out is that of a pair in step. */
export interface GivenLink {
  readonly id: string;
  readonly mapping: string;
  readonly crmId?: string | null;
  readonly erpId?: string | null;
  readonly agreed?: Values;
  readonly overlay?: Readonly<Record<string, Values>> | null;
  readonly lane?: string;
  readonly state?: string;
  readonly linkedBy?: Values;
  readonly held?: readonly Values[] | null;
  readonly waitsFor?: readonly Values[] | null;
  readonly based?: boolean;
}

/** Stores links. */
export async function storeLinks(sql: Sql, links: readonly GivenLink[]): Promise<void> {
  const rows = links.map((link) => ({
    id: link.id,
    mapping: link.mapping,
    crm_id: link.crmId === undefined ? `c-${link.id}` : link.crmId,
    erp_id: link.erpId === undefined ? `e-${link.id}` : link.erpId,
    lane: link.lane ?? `link:${link.id}`,
    state: link.state ?? 'synced',
    linked_by: link.linkedBy ?? { kind: 'match', key: 'email', score: 98 },
    agreed: link.agreed ?? {},
    overlay: link.overlay ?? null,
    held: link.held ?? null,
    waits_for: link.waitsFor ?? null,
    based: link.based ?? true,
  }));
  await sql`
    insert into sync.link (id, mapping, crm_id, erp_id, lane, state, linked_by, agreed, overlay, held, waits_for, based, synced_at)
    select id, mapping, crm_id, erp_id, lane, state, linked_by, agreed, overlay, held, waits_for, based, now()
    from jsonb_populate_recordset(null::sync.link, ${JSON.stringify(rows)}::text::jsonb)`;
}

/** A pair of lines to store. */
export interface GivenLine {
  readonly id: string;
  readonly of: string;
  readonly position: number;
  readonly agreed: Values;
  readonly overlay?: Readonly<Record<string, Values>> | null;
}

/** Stores pairs of lines. */
export async function storeLines(sql: Sql, lines: readonly GivenLine[]): Promise<void> {
  const rows = lines.map(({ id, of, position, agreed, overlay }) => ({
    id,
    link_id: of,
    crm_line_id: `cl-${id}`,
    erp_line_id: `el-${id}`,
    position,
    agreed,
    overlay: overlay ?? null,
    based: true,
    ended: false,
  }));
  await sql`
    insert into sync.line_link select * from jsonb_populate_recordset(null::sync.line_link, ${JSON.stringify(rows)}::text::jsonb)`;
}

/** What a customer shows when nothing is said of it. */
export const customer = (name: string, more: Values = {}): Values => ({
  name,
  kind: 'COMPANY',
  status: 'ACTIVE',
  currency: 'NOK',
  ...more,
});

/** What an order shows when nothing is said of it. */
export const order = (more: Values = {}): Values => ({
  orderDate: '2026-03-01',
  pricesIncludeTax: false,
  status: 'CONFIRMED',
  currency: 'NOK',
  ...more,
});

/** What a line shows when nothing is said of it. */
export const line = (more: Values = {}): Values => ({
  kind: 'PRODUCT',
  quantity: '2',
  unit: 'C62',
  unitPrice: '10.50',
  taxCategory: 'S',
  ...more,
});

/** Counts the statements that `act` makes the subgraph's own client send. */
export function counting(sql: Sql): { readonly sql: Sql; readonly statements: string[] } {
  const statements: string[] = [];
  const counted = new Proxy(sql, {
    apply(target, self, args: unknown[]) {
      const query = Reflect.apply(target as never, self, args) as object;
      return tracked(query, statements);
    },
    get(target, name) {
      if (name !== 'unsafe') return Reflect.get(target, name);
      return (...args: Parameters<Sql['unsafe']>) => tracked(target.unsafe(...args), statements);
    },
  });
  return { sql: counted, statements };
}

/** Fragments are no statements of their own: what counts is a query that is awaited. */
function tracked<Query extends object>(query: Query, statements: string[]): Query {
  if (!('then' in query)) return query;
  const then = query.then as (...args: unknown[]) => unknown;
  Object.defineProperty(query, 'then', {
    value: (...args: unknown[]) => {
      const text = String((query as { strings?: readonly string[] }).strings?.join('$') ?? '');
      statements.push(text.replace(/\s+/g, ' ').trim().slice(0, 120));
      return then.apply(query, args);
    },
  });
  return query;
}
