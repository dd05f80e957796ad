import { codeLists } from '../../sync/core/code-lists.ts';
import type { Codec, CodecContext, FieldRule, Lookup } from '../../sync/core/mapping.ts';
import type { Json, RecordRef, Side, SystemRecord } from '../../sync/core/types.ts';

const codes = new Map<string, string>();
for (const { list, pairs } of codeLists)
  for (const [crm, erp] of pairs) {
    codes.set(`${list}:crm:${crm}`, erp);
    codes.set(`${list}:erp:${erp}`, crm);
  }

/**
 * A lookup in which the records of both systems named `7` are one link `link-Entity-7`; an id that begins with `new`
 * has none yet.
 */
export const lookup: Lookup = {
  company: { baseCurrency: 'EUR', country: 'NO', timeZone: 'Europe/Oslo', writeInItem: 'WRITE-IN' },
  code: (list, side, code) => codes.get(`${list}:${side}:${code}`),
  isShared: () => false,
  ended: (link, side) => (link.includes('ended') ? `new-${side}` : undefined),
  endedBy: ({ id }) => ['erased', 'deleted'].find((by) => id === `new-${by}`),
  link: ({ entity, id }: RecordRef) =>
    id.startsWith('new') ? undefined : `link-${shared(entity)}-${id.slice(2)}`,
  record: (link, side) => (link.includes('missing') ? undefined : `${side[0]}-${link.split('-')[2]}`),
};

const shared = (entity: string): string => (entity === 'Salesperson' ? 'User' : entity);

/** A record as a system shows it. */
export const record = (fields: Readonly<Record<string, Json>>, id = 'c-1', version = '1'): SystemRecord => ({
  id,
  version,
  archived: false,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  updatedBy: 'test',
  fields,
});

/** A codec's context with the given native fields. */
export const context = (
  side: Side,
  fields: Readonly<Record<string, Json>> = {},
  more: Partial<CodecContext> = {},
): CodecContext => ({ lookup, side, fields, ...more });

/** Ids in a row: `n1`, `n2` … */
export const counter = (prefix = 'n'): (() => string) => {
  let n = 0;
  return () => `${prefix}${++n}`;
};

/** Takes every value as it is. */
const asIs: Codec = { name: 'as is', decode: (value) => ({ value }), encode: (value) => ({ value }) };

/** A row of a mapping: both ways, the latest wins; `more` says otherwise. */
export const rule = (more: Partial<FieldRule> = {}): FieldRule => ({
  row: 1,
  crm: 'x',
  erp: 'x',
  codec: asIs,
  way: 'both',
  wins: 'latest',
  rule: '',
  ...more,
});
