import { mappingsOfEntity } from '../core/home.ts';
import type { MappingName, Side, SystemRecord } from '../core/types.ts';
import { isSought, learnPage } from './alike.ts';
import type { InlineParts } from './inline.ts';
import type { Ledger } from './runs-ledger.ts';
import { type EngineParts, stepContext } from './step-context.ts';

/** What runs need beyond what inline acts do. */
export interface RunParts extends InlineParts {
  readonly wake: () => void;
  readonly signal: AbortSignal;
  readonly report: (error: unknown, what?: string) => void;
}

/** One entity of one system, as a run walks it. */
export interface Ground {
  readonly side: Side;
  readonly entity: string;
  readonly key: string;
  /** The flow that takes in its new records. */
  readonly flow: MappingName;
  /** Every mapping in which one of its records may have its link. */
  readonly mappings: readonly MappingName[];
}

/** What others refer to comes first: a document finds its customer and its products linked. */
const order: readonly (readonly [Side, string])[] = [
  ['crm', 'User'],
  ['erp', 'Salesperson'],
  ['crm', 'Customer'],
  ['erp', 'Customer'],
  ['crm', 'Contact'],
  ['erp', 'Contact'],
  ['crm', 'Product'],
  ['erp', 'Product'],
  ['crm', 'Quote'],
  ['crm', 'Order'],
  ['erp', 'Quote'],
  ['erp', 'Order'],
];

/** Records per chunk: one page of the system, one statement for its rings, one checkpoint. */
export const chunk = 500;

/** What a run over these flows has to walk, in order. */
export function groundsOf(
  { mappings, homes }: Pick<EngineParts, 'mappings' | 'homes'>,
  flows: readonly MappingName[],
): readonly Ground[] {
  return order.flatMap(([side, entity]) => {
    const names = mappingsOfEntity(mappings, side, entity).map(({ name }) => name);
    const wanted = names.some(
      (name) => flows.includes(name) || (name === 'user' && flows.includes('userOrder')),
    );
    if (!wanted) return [];
    return [
      {
        side,
        entity,
        key: `${side}:${entity}`,
        flow: homes[side][entity]!,
        mappings: names.filter((name) => name !== 'userOrder'),
      },
    ];
  });
}

/** Walks one entity from its checkpoint on, page by page. False: the run ended meanwhile. */
export async function walkGround(
  parts: Pick<RunParts, 'connectors' | 'signal'>,
  ledger: Ledger,
  ground: Ground,
  visit: (records: readonly SystemRecord[]) => Promise<boolean>,
): Promise<boolean> {
  const { side, entity, key } = ground;
  for (let after = ledger.walked(key); after !== 'done'; after = ledger.walked(key)) {
    if (parts.signal.aborted) return false;
    const page = await parts.connectors[side].list(entity, after ?? null, chunk);
    if (page.length > 0 && !(await visit(page))) return false;
    ledger.walk(key, page.length < chunk ? 'done' : page.at(-1)!.id, page.length);
    if (!(await ledger.keep())) return false;
  }
  return true;
}

/**
 * Reads what both systems have for its match keys, so that the first record finds its twin however late that comes in
 * the walk. False: the run ended meanwhile.
 */
export async function walkMatchKeys(
  parts: RunParts,
  ledger: Ledger,
  grounds: readonly Ground[],
): Promise<boolean> {
  const sought = grounds.filter(({ flow }) => isSought(parts.mappings[flow]));
  for (const { side, entity, flow } of sought)
    for (let after: string | null = null, isMore = true; isMore; ) {
      if (parts.signal.aborted) return false;
      const page: readonly SystemRecord[] = await parts.connectors[side].list(entity, after, chunk);
      await learnPage(stepContext(parts), parts.mappings[flow], side, page);
      isMore = page.length === chunk;
      after = page.at(-1)?.id ?? null;
      if (!(await ledger.keep())) return false;
    }
  return true;
}

/** What people call a record. */
export function titleOf(record: SystemRecord | null): string {
  if (!record) return '';
  const { fields } = record;
  const name = [
    'name',
    'fullName',
    'description',
    'quoteNumber',
    'orderNumber',
    'quoteNo',
    'orderNo',
    'number',
  ].find((field) => typeof fields[field] === 'string' && fields[field] !== '');
  if (name) return String(fields[name]);
  return [fields.firstName, fields.lastName].filter(Boolean).join(' ') || record.id;
}
