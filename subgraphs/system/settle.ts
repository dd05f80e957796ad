import type { WriteResult } from '../../sync/core/connector.ts';
import { minorUnitsOf } from '../../sync/core/currencies.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import type { Company } from './company.ts';
import { completeDraft, draftOf, recordFrom, same } from './draft.ts';
import { Refusal } from './failures.ts';
import type { Existing, Twin, Twins } from './look-ups.ts';
import type { EntityModel } from './model.ts';
import { collect, collectHeader, type Rows } from './persist.ts';
import type { Item } from './prepare.ts';
import { type Known, resolveReferences } from './references.ts';
import type { Draft, Rules, World, Written } from './rules.ts';
import type { Numbers } from './series.ts';

/** What writing needs to know of its system. */
export interface Writing {
  readonly schema: string;
  readonly models: Readonly<Record<string, EntityModel>>;
  /** Names of the entities, those that others refer to first. */
  readonly order: readonly string[];
  readonly company: Company;
  readonly rules: Rules;
  /** Overrides the database's clock, for tests. */
  readonly clock?: () => string;
  /** The sync's writes need not wait for the disk, see `SystemParts`. */
  readonly withSync?: boolean;
}

/** What settled writes come to. */
export interface Stage {
  readonly model: EntityModel;
  readonly results: Map<number, WriteResult>;
  readonly rows: Rows;
  readonly written: readonly Written[];
  readonly facts: unknown;
}

/** Writes of one entity, with all that was looked up for them, while they are settled. */
export interface Settling extends Stage {
  readonly writing: Writing;
  /** The instant of the write and the company's date then; null while nobody has asked the database. */
  readonly moment: { readonly now: string; readonly today: string } | null;
  readonly records: ReadonlyMap<string, SystemRecord>;
  readonly existing: Existing;
  readonly twins: Twins;
  readonly users: ReadonlyMap<string, string>;
  readonly known: Known;
  readonly numbers: Numbers | null;
  readonly results: Map<number, WriteResult>;
  readonly rows: Rows;
  readonly written: Written[];
}

/** Settles one item; null when its answer needs another read. */
export function settle(settling: Settling, item: Item): WriteResult | null {
  if (item.kind === 'create') {
    const known = (item.key !== null && settling.existing.byKey.get(item.key)) || null;
    if (known) return { kind: 'existed', record: known };
    const gone = item.key !== null && settling.existing.deleted.get(item.key);
    if (gone) throw deleted(settling.model, item.key!, gone);
    const taken = item.ownId && settling.existing.byId.get(item.id);
    if (taken) throw duplicate('id', item.id, taken);
    return store(settling, item, null);
  }
  const current = settling.records.get(item.id);
  if (!current) return null;
  if (item.ifVersion !== null && item.ifVersion !== current.version) {
    throw new Refusal(
      'STALE',
      `${settling.model.name} ${item.id} has version ${current.version}, not ${item.ifVersion}; read it again and repeat the change.`,
      { current },
    );
  }
  if (item.kind === 'update') return store(settling, item, current);
  settling.writing.rules.remove?.(
    current,
    settling.model.name,
    item.kind,
    item.origin,
    settling.writing.company,
  );
  if (item.kind === 'delete') return remove(settling, item, current);
  return setArchived(settling, item, current);
}

/** Something has to be looked up, or the time of the write is wanted. */
export class LooksAgain extends Error {}

function store(settling: Settling, item: Item, before: SystemRecord | null): WriteResult | null {
  const { writing, model, known, rows } = settling;
  const { company, rules } = writing;
  if (twinOf(settling, item)) return null;
  const world = worldOf(settling);
  const draft = draftOf(item, before, world);
  resolveReferences(model.header, draft.fields, draft.given, known, '');
  if (model.line) {
    for (const [n, line] of draft.lines.entries()) {
      resolveReferences(model.line, line.fields, line.given, known, `lines[${n}].`);
    }
  }
  freezeNumber(model, draft);
  const { numbers } = settling;
  const first = numbers?.next ?? 0;
  try {
    rules.settle(draft, world);
    const series = model.table.entity.series?.property;
    if (series && draft.fields[series] === null) draft.fields[series] = world.number();
    completeDraft(model, draft, company);
  } catch (error) {
    // The next write takes the number, so that a refused one leaves no gap.
    if (numbers) numbers.next = first;
    throw error;
  }
  // Where nobody has asked what time it is, the time by which the record is known.
  const record = recordFrom(model, draft, settling.moment?.now ?? before!.updatedAt, item.actor);
  if (!collect(rows, model, draft, record, item.key)) {
    if (!derivedDiffers(model, before!, draft)) return { kind: 'unchanged', record: before! };
    // Kept with another record, which moves in place of this one.
    const seen = { ...before!, fields: record.fields };
    settling.written.push({
      entity: model.name,
      id: record.id,
      before,
      after: seen,
      draft,
      origin: item.origin,
    });
    return { kind: 'updated', record: seen };
  }
  rememberTwin(settling, item, draft, record);
  settling.written.push({
    entity: model.name,
    id: record.id,
    before,
    after: record,
    draft,
    origin: item.origin,
  });
  return { kind: before ? 'updated' : 'created', record };
}

function worldOf({ writing, known, facts, numbers, moment }: Settling): World {
  const asked = (): NonNullable<Settling['moment']> => {
    if (moment) return moment;
    throw new LooksAgain();
  };
  return {
    company: writing.company,
    get today() {
      return asked().today;
    },
    get now() {
      return asked().now;
    },
    facts,
    decimalsOf: minorUnitsOf,
    find: (entity, id) => known.byId.get(entity)?.get(id as string),
    number: () => numbers!.format(numbers!.next++),
  };
}

function derivedDiffers({ header }: EntityModel, before: SystemRecord, { fields }: Draft): boolean {
  return header.derived.some((name) => !same(before.fields[name] as Json, fields[name]));
}

/** A number of a series is an identity: once given it stays. */
function freezeNumber(model: EntityModel, { before, fields, given }: Draft): void {
  const series = model.table.entity.series?.property;
  if (!before || !series || !given.has(series) || fields[series] === before.fields[series]) return;
  if (model.header.properties.get(series)!.property.access === 'sync') {
    throw new Refusal('STATE', `${series} cannot change once it is given; it is ${before.fields[series]}.`, {
      field: series,
    });
  }
}

function remove(settling: Settling, item: Item, current: SystemRecord): WriteResult {
  const user = settling.users.get(item.id);
  if (user) {
    throw new Refusal(
      'STATE',
      `${settling.model.name} ${item.id} cannot be deleted: ${user} refers to it; archive it instead.`,
      { current },
    );
  }
  settling.rows.deletes.push(item.id);
  settling.written.push({
    entity: settling.model.name,
    id: item.id,
    before: current,
    after: null,
    draft: null,
    origin: item.origin,
  });
  return { kind: 'deleted' };
}

function setArchived(settling: Settling, item: Item, current: SystemRecord): WriteResult {
  const archived = item.kind === 'archive';
  if (current.archived === archived) return { kind: 'unchanged', record: current };
  const record: SystemRecord = {
    ...current,
    archived,
    version: String(Number(current.version) + 1),
    updatedAt: settling.moment!.now,
    updatedBy: item.actor,
  };
  collectHeader(settling.rows, settling.model, record);
  return { kind: archived ? 'archived' : 'restored', record };
}

/** The refusal of a create whose record was made before and is gone. */
const deleted = ({ name }: EntityModel, key: string, id: string): Refusal =>
  new Refusal(
    'DELETED',
    `The ${name} ${id}, which was created under the key ${key}, was deleted; use another key to create it anew.`,
    {
      field: 'id',
      value: id,
    },
  );

/** The refusal of a value that must be unique. */
export function duplicate(field: string, value: Json, current: SystemRecord | null): Refusal {
  return new Refusal('DUPLICATE', `${field}: another record has ${JSON.stringify(value)}.`, {
    field,
    value,
    ...(current && { current }),
  });
}

/** Who else has a unique value that this write gives. */
export function twinOf({ twins }: Settling, { given, id }: Item): Twin | null {
  for (const [name, values] of twins) {
    const value = given[name];
    const twin = typeof value === 'string' ? values.get(value) : undefined;
    if (twin && twin.id !== id) return twin;
  }
  return null;
}

function rememberTwin({ twins, model }: Settling, { given }: Item, draft: Draft, record: SystemRecord): void {
  for (const name of Object.keys(given)) {
    const value = draft.fields[name];
    if (typeof value !== 'string' || !model.header.properties.get(name)?.property.unique) continue;
    twins.get(name)?.set(value, { id: record.id, field: name, value, record });
  }
}
