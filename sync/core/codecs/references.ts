import type { Codec, CodecContext, Decoded, Encoded } from '../mapping.ts';
import { placeholderOf } from '../placeholder.ts';
import { other } from '../sides.ts';
import type { Json, RecordRef } from '../types.ts';
import { codec, systemName, unreadable } from './codec.ts';

/** What the two sides call the entity that a field refers to. */
export interface Referred {
  readonly crm: string;
  readonly erp: string;
}

/** A reference: canonical is the id of the link that the other record belongs to. It waits while there is none. */
export const reference = (to: Referred): Codec =>
  codec(
    `reference to ${to.crm}`,
    (native, context) => read(native, to, context),
    (value, context) => written(value, to, context),
    { refers: to },
  );

function read(native: Json, to: Referred, { side, lookup }: CodecContext): Decoded {
  const ref: RecordRef = { side, entity: to[side], id: String(native) };
  const link = lookup.link(ref);
  return link === undefined ? waits(ref, lookup.endedBy(ref)) : { value: link };
}

const waits = (ref: RecordRef, endedBy: string | undefined): Decoded => ({
  value: placeholderOf(ref),
  held: {
    kind: 'waits',
    for: ref,
    message: `waits: the ${systemName(ref.side)}'s ${ref.entity} ${ref.id} ${lackOf(endedBy)}`,
  },
});

/** Why a record has no counterpart, and what to do. */
function lackOf(endedBy: string | undefined): string {
  if (endedBy === 'erased') return 'was erased. Name another one, in either system.';
  if (endedBy === 'deleted')
    return 'was deleted, or its counterpart was. Name another one in either system, or link it anew.';
  return 'is not linked yet. Link or create its counterpart.';
}

function written(value: Json, to: Referred, { side, lookup }: CodecContext): Encoded {
  const link = String(value);
  const id = lookup.record(link, side);
  if (id !== undefined) return { value: id };
  const from = other(side);
  const known = lookup.record(link, from);
  return {
    held: {
      kind: 'waits',
      message: `waits: ${to[from]} ${known ?? link} has no counterpart in the ${systemName(side)} yet.`,
      ...(known === undefined ? {} : { for: { side: from, entity: to[from], id: known } }),
    },
  };
}

const product: Referred = { crm: 'Product', erp: 'Product' };

/** A line's product: a text typed in its place waits until a product of that name is known, a write-in has none. */
export const productReference: Codec = {
  ...reference(product),
  decode: (native, context) => {
    const { side, fields, lookup } = context;
    if (side === 'erp' && fields.itemNo === lookup.company.writeInItem && fields.itemNo)
      return { value: null };
    if (native !== null && native !== '') return read(native, product, context);
    const typed = side === 'crm' && fields.kind === 'PRODUCT' ? fields.productText : null;
    if (typeof typed !== 'string' || typed === '') return { value: null };
    return {
      value: placeholderOf({ side, entity: 'Product', id: `"${typed}"` }),
      held: {
        kind: 'waits',
        value: typed,
        message: `waits: no product has the number, name or alias "${typed}". Create it, or add the alias.`,
      },
    };
  },
};

const kinds: readonly Json[] = ['PRODUCT', 'TEXT', 'CHARGE', 'WRITE_IN'];

/** Kind of line: a write-in is the configured item in the ERP, with the text as typed. */
export const lineKind: Codec = codec(
  'kind of line',
  (native, { side, fields, lookup }) => {
    if (side === 'crm')
      return kinds.includes(native)
        ? { value: native }
        : unreadable(`is none of ${kinds.join(', ')}. Correct it.`);
    if (native === 'COMMENT') return { value: 'TEXT' };
    if (native === 'CHARGE') return { value: 'CHARGE' };
    return { value: fields.itemNo && fields.itemNo === lookup.company.writeInItem ? 'WRITE_IN' : 'PRODUCT' };
  },
  (value, { side }) => {
    if (side === 'crm') return { value };
    return { value: value === 'TEXT' ? 'COMMENT' : value === 'CHARGE' ? 'CHARGE' : 'ITEM' };
  },
  {
    also: (value, { side, lookup }): Readonly<Record<string, Json | undefined>> =>
      side === 'erp' && value === 'WRITE_IN'
        ? { itemNo: lookup.company.writeInItem, productId: undefined }
        : {},
  },
);
