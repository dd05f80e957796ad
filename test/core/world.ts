import type { LineChange } from '../../sync/core/connector.ts';
import { decodeRecord, encodeLine, encodeWrite } from '../../sync/core/decode.ts';
import type { Mapping } from '../../sync/core/mapping.ts';
import { merge } from '../../sync/core/merge.ts';
import { placeholderOfHeld } from '../../sync/core/placeholder.ts';
import type {
  Base,
  Held,
  Json,
  LineLink,
  MergeInput,
  MergePlan,
  Side,
  SideState,
  Stage,
} from '../../sync/core/types.ts';
import { counter, lookup, record } from './fixture.ts';
import { discounts, entityOf } from './generate.ts';

type Fields = Readonly<Record<string, Json>>;

/** A pair in memory: both native records, and what the link remembers. */
export interface World {
  readonly crm: Fields;
  readonly erp: Fields;
  readonly at: Readonly<Record<Side, number>>;
  readonly base: Base | null;
  readonly lineLinks: readonly LineLink[];
  readonly stage: Stage;
  readonly content: boolean;
}

const newId = counter('w');
const idOf = (side: Side): string => `${side[0]}-1`;
const sides = ['crm', 'erp'] as const;

/** One side in canonical form. */
export const stateOf = (mapping: Mapping, world: World, side: Side): SideState =>
  decodeRecord(mapping, side, record(world[side], idOf(side)), lookup, world.at[side]);

/** The merge's input as the engine would gather it. */
export const inputOf = (mapping: Mapping, world: World, more: Partial<MergeInput> = {}): MergeInput => ({
  base: world.base,
  crm: stateOf(mapping, world, 'crm'),
  erp: stateOf(mapping, world, 'erp'),
  lineLinks: world.lineLinks,
  content: world.content,
  stage: world.stage,
  ...more,
});

/** The plan for a pair as it stands. */
export const planOf = (mapping: Mapping, world: World, more: Partial<MergeInput> = {}): MergePlan =>
  merge(mapping, inputOf(mapping, world, more), newId);

/** What a step did. */
export interface Stepped {
  readonly world: World;
  readonly plan: MergePlan;
  /** Native properties written, per side. */
  readonly written: Readonly<Record<Side, number>>;
  /** What the targets could not hold. */
  readonly unfit: readonly Held[];
}

/** Plans, writes to both systems and remembers: all that gather, apply and record do, in memory. */
export function step(mapping: Mapping, world: World, more: Partial<MergeInput> = {}): Stepped {
  const plan = planOf(mapping, world, more);
  let next: World = { ...world, base: plan.base, lineLinks: plan.lineLinks };
  const written = { crm: 0, erp: 0 };
  const unfit: Held[] = [];
  for (const side of sides) {
    const current = record(world[side], idOf(side));
    const head = encodeWrite(mapping, side, plan.writes[side], { lookup, current });
    const changes: LineChange[] = [...head.lineChanges];
    unfit.push(...head.held);
    const asked = new Map<string, { fields: readonly string[]; lineId: string }>();
    for (const write of plan.lineWrites[side]) {
      if (write.kind === 'remove') {
        changes.push({ kind: 'remove', lineId: write.lineId });
        continue;
      }
      const { lineId } = write;
      const encoded = encodeLine(mapping, side, write.values, { lookup, document: world[side], lineId });
      unfit.push(...encoded.held);
      asked.set(write.link, { fields: Object.keys(write.values), lineId });
      if (write.kind === 'add' || Object.keys(encoded.fields).length > 0)
        changes.push({ kind: write.kind, lineId, fields: encoded.fields });
      changes.push(...encoded.comments);
    }
    written[side] = Object.keys(head.fields).length + changes.length;
    next = { ...next, [side]: store(side, mapping, world[side], head.fields, changes) };
    next = remember(mapping, world, next, side, Object.keys(plan.writes[side]), asked, unfit);
  }
  return { world: next, plan, written, unfit };
}

/** Both bases after a write: what was asked as the target shows it now, what it refused as it was before. */
function remember(
  mapping: Mapping,
  before: World,
  next: World,
  side: Side,
  asked: readonly string[],
  lines: ReadonlyMap<string, { fields: readonly string[]; lineId: string }>,
  unfit: readonly Held[],
): World {
  const shown = stateOf(mapping, next, side);
  const overlay = (
    base: Base,
    old: Base | null | undefined,
    fields: readonly string[],
    state: Pick<SideState, 'values' | 'held'>,
    lineId?: string,
  ): Base => {
    const out = { crm: { ...base.crm }, erp: { ...base.erp } };
    for (const field of fields) {
      if (unfit.some((h) => h.side === side && h.field === field && h.line === lineId))
        for (const each of sides) {
          const then = old?.[each][field];
          if (then === undefined) delete out[each][field];
          else out[each][field] = then;
        }
      else {
        const held = state.held.find((h) => h.field === field);
        out[side][field] = state.values[field] ?? (held ? placeholderOfHeld(held) : null);
      }
    }
    return out;
  };
  const lineLinks = next.lineLinks.map((link): LineLink => {
    const ask = lines.get(link.id);
    const line = shown.lines?.find((l) => l.lineId === ask?.lineId);
    const old = before.lineLinks.find((l) => l.id === link.id)?.base;
    return ask && line && link.base
      ? { ...link, base: overlay(link.base, old, ask.fields, line, ask.lineId) }
      : link;
  });
  return { ...next, base: overlay(next.base!, before.base, asked, shown), lineLinks };
}

/** A system that stores what it is given as it would: codes in upper case, texts trimmed, defaults, derived discounts. */
function store(
  side: Side,
  mapping: Mapping,
  fields: Fields,
  patch: Fields,
  changes: readonly LineChange[],
): Fields {
  const entity = entityOf(side, mapping[side]);
  const next = patched(fields, patch, entity.properties);
  if (changes.length === 0) return next;
  const lines = new Map((next.lines as readonly Fields[]).map((line) => [String(line.lineId), line]));
  for (const change of changes) {
    if (change.kind === 'remove') {
      lines.delete(change.lineId);
      for (const [id, line] of lines) if (line.attachedTo === change.lineId) lines.delete(id);
    } else if (change.kind === 'add') {
      const id = change.lineId ?? newId();
      const empty = Object.fromEntries(Object.keys(entity.lines ?? {}).map((name) => [name, null]));
      lines.set(id, patched({ ...empty, lineId: id }, change.fields, entity.lines ?? {}, true));
    } else lines.set(change.lineId, patched(lines.get(change.lineId)!, change.fields, entity.lines ?? {}));
  }
  return { ...next, lines: [...lines.values()] };
}

/** What a required property gets where nobody said. */
const defaults: Readonly<Record<string, Json>> = {
  unit: 'C62',
  unitCode: 'UNIT',
  taxCategory: 'S',
  vatProductGroup: 'STANDARD',
  quantity: '0',
  unitPrice: '0',
  kind: 'PRODUCT',
  type: 'ITEM',
  selection: 'REQUIRED',
  quantityShipped: '0',
  quantityInvoiced: '0',
  lineStatus: 'OPEN',
  taxRate: '25',
  vatPercent: '25',
  amount: '1',
  vatAmount: '1',
  amountInclVat: '2',
  priceOverridden: false,
};

function patched(
  fields: Fields,
  patch: Fields,
  properties: Readonly<
    Record<
      string,
      { readonly type: { readonly kind: string }; readonly required?: boolean; readonly access?: string }
    >
  >,
  isNew = false,
): Fields {
  const next: Record<string, Json> = { ...fields };
  for (const [name, value] of Object.entries(patch)) {
    const property = properties[name];
    if (!property) throw new Error(`no property ${name}`);
    if (property.access === 'read') throw new Error(`${name} is read only`);
    if (value === null && property.required) continue;
    next[name] =
      property.type.kind === 'code' && typeof value === 'string' ? value.trim().toUpperCase() : value;
  }
  if (isNew)
    for (const [name, { required }] of Object.entries(properties))
      if (required) next[name] ??= defaults[name] ?? null;
  for (const [percent, amount, basis] of discounts) {
    if (!(basis in next)) continue;
    if (percent in patch && patch[percent] !== null)
      Object.assign(next, { [basis]: 'PERCENT', [amount]: '9.99' });
    else if (amount in patch && patch[amount] !== null)
      Object.assign(next, { [basis]: 'AMOUNT', [percent]: '9.9' });
    else if (
      (percent in patch || amount in patch) &&
      (patch[percent] ?? null) === null &&
      (patch[amount] ?? null) === null
    )
      Object.assign(next, { [basis]: null, [percent]: null, [amount]: null });
  }
  return next;
}

/** What a side would show if a canonical value were written there now; the placeholder of one it can't read back. */
export function shownAfter(mapping: Mapping, world: World, side: Side, field: string, value: Json): Json {
  const current = record(world[side], idOf(side));
  const { fields, held, lineChanges } = encodeWrite(mapping, side, { [field]: value }, { lookup, current });
  const written = { ...world, [side]: store(side, mapping, world[side], fields, lineChanges) };
  if (held.length > 0) return stateOf(mapping, world, side).values[field] ?? null;
  return stateOf(mapping, written, side).values[field] ?? null;
}
