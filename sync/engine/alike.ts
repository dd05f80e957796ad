import { decodeRecord } from '../core/decode.ts';
import type { Mapping } from '../core/mapping.ts';
import { type NormalKeys, newOwnKeys, normalKeys } from '../core/normal-keys.ts';
import { other, sides } from '../core/sides.ts';
import type { RecordRef, Side, SideState, SystemRecord } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { type KeyOf, learningKeys, learnKeys, recordsUnder } from '../store/match-keys.ts';
import type { Sql, Statement, Tx } from '../store/sql.ts';
import type { LinkDraft } from './draft.ts';
import { readRecords } from './records.ts';
import type { StepContext } from './step-context.ts';

/** A record in normal form, as its flow sees it. */
export interface Looked {
  readonly mapping: Mapping;
  readonly ref: RecordRef;
  readonly record: SystemRecord;
  readonly state: SideState;
}

/** Remembers under which normal forms these records are found: before they look, so that two that arrive together meet. */
export async function learn(
  context: Pick<StepContext, 'sql' | 'lookup'>,
  looked: readonly Looked[],
): Promise<void> {
  await learnKeys(
    context.sql,
    looked.flatMap((each) => keysOf(each.mapping, each.ref, keysFor(context, each).own)),
  );
}

/** The same for records just read from a system, of which nothing is known yet. */
export async function learnPage(
  context: Pick<StepContext, 'sql' | 'lookup'>,
  mapping: Mapping,
  side: Side,
  records: readonly SystemRecord[],
): Promise<void> {
  if (!isSought(mapping)) return;
  const looked = records.map((record) => ({
    mapping,
    ref: { side, entity: mapping[side], id: record.id },
    record,
    state: decodeRecord(mapping, side, record, context.lookup, 0),
  }));
  await learn(context, looked);
}

/** And for both records of links that are new, or of which a value has changed by which one looks: the new forms alone. */
export function learnLinks(
  tx: Tx | Sql,
  context: StepContext,
  drafts: readonly LinkDraft[],
): Statement | null {
  const keys = drafts.flatMap(({ link, changes }) => {
    const mapping = context.mappings[link.mapping];
    const before = context.stored.get(link.id)?.base ?? null;
    if (
      link.state === 'ended' ||
      !link.base ||
      !(!before || changes.some(({ field }) => isLookedBy(mapping, field)))
    )
      return [];
    return sides.flatMap((side) => newKeysOfSide(context, mapping, link, { before, side }));
  });
  return learningKeys(tx, keys);
}

function newKeysOfSide(
  context: StepContext,
  mapping: Mapping,
  link: LinkRow,
  { before, side }: { readonly before: LinkRow['base']; readonly side: Side },
): readonly KeyOf[] {
  const id = side === 'crm' ? link.crmId : link.erpId;
  const ref = id === null ? null : { side, entity: mapping[side], id };
  const record = ref && context.records.get(ref);
  if (!ref || !record || !link.base) return [];
  const values = { before: before?.[side] ?? null, now: link.base[side] };
  return keysOf(mapping, ref, newOwnKeys(mapping, side, values, nativeOf(record)));
}

/** Whether the records of a flow are found by what they are like. */
export const isSought = (mapping: Mapping): boolean => mapping.match.some((key) => key.fields[0] !== 'id');

const isLookedBy = (mapping: Mapping, field: string): boolean =>
  mapping.match.some((key) => key.fields.includes(field));

/** Per record, what both systems have that is known under the same normal form: the other's, and those beside it. */
export async function findByForm(
  context: StepContext,
  looked: readonly Looked[],
): Promise<readonly { readonly there: readonly RecordRef[]; readonly beside: readonly RecordRef[] }[]> {
  const asked = looked.flatMap((each, n) => {
    const { there, twins } = keysFor(context, each);
    const target = other(each.ref.side);
    return [
      ...there.map((key) => ({ n, mapping: each.mapping.name, side: target, key })),
      ...twins.map((key) => ({ n, mapping: each.mapping.name, side: each.ref.side, key })),
    ];
  });
  const hits = await recordsUnder(context.sql, asked);
  const found = looked.map(() => ({ there: [] as RecordRef[], beside: [] as RecordRef[] }));
  for (const [i, { n, side }] of asked.entries()) {
    const { mapping, ref } = looked[n]!;
    const into = side === ref.side ? found[n]!.beside : found[n]!.there;
    for (const id of hits[i]!)
      if (side !== ref.side || id !== ref.id) into.push({ side, entity: mapping[side], id });
  }
  await readRecords(
    context.connectors,
    context.records,
    found.flatMap(({ there, beside }) => [...there, ...beside]),
  );
  return found;
}

const keysFor = (
  { lookup }: Pick<StepContext, 'lookup'>,
  { mapping, ref, record, state }: Looked,
): NormalKeys =>
  normalKeys(mapping, ref.side, state.values, { native: nativeOf(record), idOf: lookup.record });

const nativeOf = (record: SystemRecord) => (property: string) => record.fields[property];

const keysOf = ({ name }: Mapping, { side, id }: RecordRef, forms: readonly string[]): readonly KeyOf[] =>
  forms.map((key) => ({ mapping: name, side, key, record: id }));
