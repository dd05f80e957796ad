import { createHash } from 'node:crypto';
import { SyncError } from '../../core/errors.ts';
import type { Mapping } from '../../core/mapping.ts';
import { other, sides } from '../../core/sides.ts';
import { syncAuthor } from '../../core/sync-author.ts';
import { type PersonalValues, patternsOf } from '../../core/told-of.ts';
import type { Json, MappingName, RecordRef, Side, SystemRecord } from '../../core/types.ts';
import {
  type ErasedIds,
  emptyOwnReason,
  emptyTraces,
  entomb,
  lettersOf,
  linksOfPerson,
  tracesOf,
  valuesHad,
} from '../../store/erasure.ts';
import { type Erasure, forgetErasure, type Had, noteHad } from '../../store/erasures.ts';
import { tellEvents } from '../../store/events.ts';
import { intentsFor } from '../../store/intents.ts';
import { ring } from '../../store/lanes.ts';
import { emptyMentions, mentionsOf, type Shower, showersOf } from '../../store/mentions.ts';
import type { Erased } from '../api.ts';
import { endLinks, toldAs } from '../ending.ts';
import { holding, type InlineParts } from '../inline.ts';
import { lookAtAlone } from '../lone.ts';
import { recordName, refKey } from '../records.ts';
import { handOn } from '../tell.ts';

/** What a person's record tells about the person, by canonical name. Codes, terms and references are the company's. */
const personal: Readonly<Partial<Record<MappingName, readonly string[]>>> = {
  contact: [
    'firstName',
    'middleName',
    'lastName',
    'salutation',
    'jobTitle',
    'department',
    'email',
    'phone',
    'mobile',
    'address',
    'birthDate',
  ],
  customer: [
    'name',
    'legalName',
    'orgNumber',
    'vatNumber',
    'email',
    'invoiceEmail',
    'phone',
    'website',
    'billingAddress',
    'shippingAddress',
  ],
  user: ['fullName', 'email', 'mobilePhone', 'jobTitle', 'employeeNumber'],
  // The block on an order of the salesperson.
  userOrder: ['fullName', 'email', 'mobilePhone', 'jobTitle', 'employeeNumber'],
};

/** What stands where a value must stand. */
const erased = 'erased';

/** What an erasure would empty, and how many records of others show something of the person. */
export async function previewErasure(parts: InlineParts, ref: RecordRef, actor: string): Promise<Erased> {
  const { sql } = parts;
  const person = await personOf(parts, ref, []);
  const traces = await tracesOf(sql, person.own, referringTo(parts, person.mapping));
  const mentions = await mentionsOf(sql, person.expressions, person.own.links);
  const others = othersOf(person, await showersOf(sql, person.expressions)).length;
  const counts = { ...countsOf(person), ...traces, mentions, others };
  return { ...counts, counts, proof: null, at: null, by: actor };
}

/**
 * Erases a person's data in both systems and in everything the sync keeps. The links end as tombstones first, so that
 * no step brings anything back; then both records are emptied and archived. Up to there no step works on the person. Texts
 * are searched behind that, which takes as long as the log is long; what to search for stays noted until it is done. Ids
 * stay, and a proof. Called again, it goes on where it was interrupted.
 */
export async function carryOut(parts: InlineParts, ref: RecordRef, erasure: Erasure): Promise<Erased> {
  const { sql } = parts;
  const before = await personOf(parts, ref, erasure.had);
  const traces = await tracesOf(sql, before.own, referringTo(parts, before.mapping));
  const person = await withoutRecords(parts, before, ref, erasure);
  await sql.begin(async (tx) => {
    await emptyTraces(tx, person.own);
    await emptyOwnReason(tx, person.own.records, person.words);
  });
  const { found, left } = await emptyMentions(sql, person.expressions);
  const others = othersOf(person, await showersOf(sql, person.expressions));
  // What is agreed of them is what they show. Where it no longer is, a step sees to it.
  const rings = others
    .filter(({ lone }) => !lone)
    .map(({ lane: key, mapping }) => ({ key, mapping, cause: { kind: 'release' } as const }));
  await ring(sql, rings);
  const counts = { ...countsOf(person), ...traces, mentions: found, others: others.length };
  return prove(parts, person, erasure, { counts, left });
}

/** Ends the links and empties the records while no step works on them: one under way would write the person down once more. */
async function withoutRecords(
  parts: InlineParts,
  before: Person,
  ref: RecordRef,
  erasure: Erasure,
): Promise<Person> {
  let person = before;
  // As news, and not as somebody's wish: a lane that is left undone brings back no pair that a person has ended.
  const cause = { kind: 'change', actor: erasure.actor } as const;
  const lanes = new Set(person.own.lanes);
  for (;;) {
    const keys = [...lanes].map((key) => ({ key, mapping: person.mapping.name }));
    const done = await holding(parts, keys, cause, async () => {
      person = await personOf(parts, ref, erasure.had);
      return person.own.lanes.every((lane) => lanes.has(lane))
        ? emptyRecords(parts, person, ref, erasure)
        : null;
    });
    if (done) return person;
    for (const lane of person.own.lanes) lanes.add(lane);
  }
}

/** A person, as both systems and the sync know him. */
interface Person {
  readonly mapping: Mapping;
  /** In which he stands. */
  readonly mappings: readonly MappingName[];
  readonly links: readonly Pair[];
  readonly records: readonly Found[];
  readonly orders: readonly Found[];
  readonly own: ErasedIds;
  readonly had: readonly Had[];
  readonly words: readonly string[];
  readonly expressions: readonly string[];
}

/** All that there is of a person: links, records in both systems, and the lanes on which more may come. */
async function personOf(parts: InlineParts, ref: RecordRef, noted: readonly Had[]): Promise<Person> {
  const { sql } = parts;
  const name = nameOf(parts, ref);
  const mapping = parts.mappings[name];
  const mappings: readonly MappingName[] = name === 'user' ? ['user', 'userOrder'] : [name];
  const links = (await linksOfPerson(sql, [name], [ref.id])).filter(({ lone }) => !lone);
  const counterparts = await counterpartsOf(parts, name, ref, links);
  const records = await recordsOf(parts, mapping, ref, counterparts);
  if (records.length === 0 && links.length === 0 && noted.length === 0)
    throw new SyncError('NOT_FOUND', `The ${ref.side.toUpperCase()} has no ${ref.entity} ${ref.id}.`);
  mustBePerson(records);
  const ids = [...new Set([ref.id, ...counterparts])];
  const rows = await linksOfPerson(sql, mappings, name === 'user' ? ids : [ref.id]);
  const all = rows.filter(({ lone }) => !lone);
  const orders = await ordersOf(
    parts,
    ids,
    all.flatMap(({ mapping: of, erpId }) => (of === 'userOrder' && erpId !== null ? [erpId] : [])),
  );
  const own = ownOf(mapping, ref, { links: all, records, ids });
  const had = unique([
    ...noted,
    ...toldBy(mapping, records),
    ...(await valuesHad(sql, { ...own, links: rows.map(({ id }) => id) })),
    ...(await lettersOf(sql, own)).flatMap((letter) => lettersHad(parts, mappings, ids, letter)),
  ]).filter(({ field, value }) => personal[name]!.includes(field) && !isErased(value));
  const expressions = patternsOf(personalValues(had));
  return { mapping, mappings, links, records, orders, own, had, words: wordsOf(had), expressions };
}

/** The fields of all flows by which records name one of this. */
const referringTo = ({ mappings }: InlineParts, to: Mapping): readonly string[] => {
  const named = Object.values(mappings).flatMap(({ fields }) =>
    Object.entries(fields).flatMap(([field, { codec }]) => (codec.refers?.crm === to.crm ? [field] : [])),
  );
  return [...new Set(named)];
};

/** The flow of a record that is a person's. */
export function nameOf(parts: InlineParts, { side, entity }: RecordRef): MappingName {
  const name = parts.homes[side][entity];
  if (!name || !personal[name])
    throw new SyncError(
      'BAD_USER_INPUT',
      `${entity} records are no persons; a Contact, a User or a Customer of kind PERSON can be erased.`,
    );
  return name;
}

/** By which rows of the sync's tables are a person's own. */
function ownOf(
  mapping: Mapping,
  { side }: RecordRef,
  of: {
    readonly links: readonly (Pair & {
      readonly mapping: MappingName;
      readonly lane: string;
    })[];
    readonly records: readonly Found[];
    readonly ids: readonly string[];
  },
): ErasedIds {
  const lanes = [
    ...of.links.filter(({ lane }) => !lane.startsWith('deal:')).map(({ lane }) => lane),
    ...of.records.map(({ ref }) => `rec:${refKey(ref)}`),
  ];
  const refs = of.ids.map((id, n) => {
    const own = n === 0 ? side : other(side);
    return refKey({ side: own, entity: mapping[own], id });
  });
  return {
    links: of.links.map(({ id }) => id),
    records: of.ids,
    lanes: [...new Set(lanes)],
    refs,
    pairs: of.links.map(({ mapping: name, crmId, erpId }) => `${name}:${crmId}/${erpId}`),
  };
}

/** Ends the links and empties what stands in both systems. What is known of the person is noted before. */
async function emptyRecords(
  parts: InlineParts,
  { mapping, mappings, links, records, orders, own, had }: Person,
  ref: RecordRef,
  { ref: key, actor, correlationId }: Erasure,
): Promise<true> {
  await noteHad(parts.sql, key, had);
  const cause = { kind: 'mutation', actor } as const;
  await endLinks(parts, { ids: own.links, by: erased, cause, correlationId: correlationId ?? undefined });
  // What goes on alone of the links is emptied with them; what is left of it in the systems comes as news.
  const rows = (await linksOfPerson(parts.sql, mappings, own.records)).map(({ id }) => id);
  await entomb(parts.sql, rows, own.lanes);
  for (const side of sides)
    await empty(
      parts,
      mapping,
      side,
      records.filter((each) => each.ref.side === side),
    );
  await blank(parts, parts.mappings.userOrder, 'erp', orders);
  // A record that was emptied before brings no news, and is shown all the same; one that is gone may not have been missed yet.
  await lookAtAlone(
    parts,
    own.records.map((id) => {
      const side = id === ref.id ? ref.side : other(ref.side);
      const link = links.findLast(({ crmId, erpId }) => id === (side === 'crm' ? crmId : erpId));
      return {
        each: { ref: { side, entity: mapping[side], id }, mapping: mapping.name },
        link: link?.id ?? null,
      };
    }),
  );
  return true;
}

/** Tells that the person was erased, and forgets what was noted, in one. */
async function prove(
  parts: InlineParts,
  { mapping, links, own, expressions }: Person,
  { ref, actor, correlationId }: Erasure,
  { counts, left }: { readonly counts: Erased['counts'] & Counted; readonly left: number },
): Promise<Erased> {
  const id = parts.newId();
  const [answer, events, told] = await parts.sql.begin(async (tx) => {
    const [now] = await tx<{ at: string }[]>`select now() as at`;
    const statement = {
      ref,
      ids: [...own.records].sort(),
      links: [...own.links].sort(),
      counts,
      // How many values and writings of them were looked for in texts, and how many texts hold one still.
      mentions: { lookedFor: expressions.length, left },
      at: now!.at,
      by: actor,
    };
    const proof = createHash('sha256').update(JSON.stringify(statement)).digest('hex');
    const event = {
      id,
      mapping: toldAs(mapping.name),
      linkId: links[0]?.id ?? null,
      outcome: 'erased',
      cause: { kind: 'mutation', actor },
      fields: [],
      detail: { proof, statement: statement as unknown as Json },
      attempt: 1,
      correlationId: correlationId ?? id,
    } as const;
    const told = tellEvents(tx, [event]);
    await told;
    await forgetErasure(tx, ref);
    return [{ ...counts, counts, proof, at: now!.at, by: actor }, [event], told] as const;
  });
  await handOn(parts, events, told);
  return answer;
}

/** What every erasure counts. */
type Counted = Pick<Erased, 'records' | 'links' | 'events' | 'deadLetters'>;

const countsOf = ({ records, orders }: Person) => ({ records: records.length, orders: orders.length });

/** Records that show something of the person and are none of his. */
const othersOf = ({ own }: Person, showers: readonly Shower[]): readonly Shower[] =>
  showers.filter(({ id }) => !own.links.includes(id));

/** What letters about the person's records tell: what was asked of a system, by its property names, and what it answered of them. */
function lettersHad(
  { mappings }: InlineParts,
  names: readonly MappingName[],
  ids: readonly string[],
  letter: { readonly request: Json; readonly answer: Json },
): readonly Had[] {
  const fieldOf = new Map(
    names.flatMap((name) =>
      personal[name]!.flatMap((field) =>
        sides.map((side) => [mappings[name].fields[field]?.[side] ?? '', field] as const),
      ),
    ),
  );
  const out: Had[] = [];
  const look = (value: Json): void => {
    if (typeof value !== 'object' || value === null) return;
    // Of several writes, and of a record that was in the way, what is somebody else's is known by its id.
    if ('id' in value && !ids.includes(String(value.id))) return;
    if (Array.isArray(value)) {
      for (const each of value) look(each);
      return;
    }
    for (const [key, each] of Object.entries(value)) {
      const field = fieldOf.get(key);
      if (key === 'writes') look((each as readonly Json[]).filter(isUpdate));
      else if (field === undefined) look(each as Json);
      else out.push({ field, value: each as Json });
    }
  };
  look(letter.request);
  look(letter.answer);
  return out;
}

/** Of several writes one that creates may be anybody's. */
const isUpdate = (write: Json): boolean => typeof write === 'object' && write !== null && 'id' in write;

const unique = (had: readonly Had[]): readonly Had[] => [
  ...new Map(had.map(({ field, value }) => [JSON.stringify([field, value]), { field, value }])).values(),
];

/** Nothing, or what an erasure has put in its place. */
const isErased = (value: Json): boolean =>
  value === null || (typeof value === 'string' && value.startsWith(erased));

/** Characters of a word that is the person's: two may be anybody's. */
const shortestWord = 3;

/** What the records tell about the person. */
const toldBy = (mapping: Mapping, records: readonly Found[]): readonly Had[] =>
  records.flatMap(({ ref: { side }, record: { fields } }) =>
    personal[mapping.name]!.map((field) => ({
      field,
      value: fields[mapping.fields[field]?.[side] ?? ''] ?? null,
    })),
  );

/** The words of all that the person's records tell or told, in lower case. */
function wordsOf(had: readonly Had[]): readonly string[] {
  const words = JSON.stringify(
    had.flatMap(({ value }) => (typeof value === 'object' && value ? Object.values(value) : value)),
  )
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return [...new Set(words)].filter(
    (word) => word.length >= shortestWord && !['null', erased].includes(word),
  );
}

/** By which fields a text tells of one person and no other; a title or a town may be anybody's. */
const telling: Readonly<Record<string, keyof PersonalValues>> = {
  firstName: 'firstNames',
  lastName: 'lastNames',
  name: 'whole',
  legalName: 'whole',
  fullName: 'whole',
  email: 'whole',
  invoiceEmail: 'whole',
  orgNumber: 'whole',
  vatNumber: 'whole',
  phone: 'phones',
  mobile: 'phones',
  mobilePhone: 'phones',
};

/** What the person had of that. */
function personalValues(had: readonly Had[]): PersonalValues {
  const out = {
    firstNames: new Set<string>(),
    lastNames: new Set<string>(),
    whole: new Set<string>(),
    phones: new Set<string>(),
  };
  for (const { field, value } of had) {
    const kind = telling[field];
    if (kind && typeof value === 'string') out[kind].add(value);
  }
  return out;
}

interface Found {
  readonly ref: RecordRef;
  readonly record: SystemRecord;
}

interface Pair {
  readonly id: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly state: string;
}

/**
 * What a record is or was linked with, on the other side. What a live link pairs with somebody else by now is that one's:
 * it had been linked with this person by mistake.
 */
async function counterpartsOf(
  parts: InlineParts,
  name: MappingName,
  ref: RecordRef,
  links: readonly Pair[],
): Promise<readonly string[]> {
  const { sql } = parts;
  const { side, id: own } = ref;
  const idOn = (link: Pair, on: Side) => (on === 'crm' ? link.crmId : link.erpId);
  const linked = links.flatMap((link) => idOn(link, other(side)) ?? []);
  const ids = [...new Set([...linked, ...(await madeFrom(parts, name, ref))])];
  if (ids.length === 0) return [];
  const theirs = (await linksOfPerson(sql, [name], ids)).filter(
    (link) => link.state !== 'ended' && idOn(link, side) !== null && idOn(link, side) !== own,
  );
  return ids.filter((id) => !theirs.some((link) => idOn(link, other(side)) === id));
}

/** What was made from a record by a step that died before it could say so: nothing else knows that it is the person's. */
async function madeFrom(
  { sql, connectors }: InlineParts,
  name: MappingName,
  ref: RecordRef,
): Promise<readonly string[]> {
  const to = other(ref.side);
  const { createDedup = 'key' } = connectors[to].capabilities ?? {};
  if (createDedup === 'none') return [];
  const open = (await intentsFor(sql, [], [refKey(ref)])).filter(
    ({ side, mapping, reference }) => side === to && mapping === name && reference !== null,
  );
  if (open.length === 0) return [];
  const hits = await connectors[to].find(
    open.map(({ entity, reference }) => ({ entity, where: reference! })),
  );
  return hits.flatMap((found) => found.map(({ id }) => id));
}

/** The record itself and its counterparts. */
async function recordsOf(
  parts: InlineParts,
  mapping: Mapping,
  ref: RecordRef,
  counterparts: readonly string[],
): Promise<readonly Found[]> {
  const out: Found[] = [];
  for (const side of [ref.side, other(ref.side)]) {
    const ids = side === ref.side ? [ref.id] : counterparts;
    if (ids.length === 0) continue;
    for (const [id, record] of await parts.connectors[side].read(mapping[side], ids))
      out.push({ ref: { side, entity: mapping[side], id }, record });
  }
  return out;
}

/** ERP orders that bear the name of this salesperson; one that another has taken over says nothing of him. */
async function ordersOf(
  { connectors }: InlineParts,
  salespersons: readonly string[],
  orders: readonly string[],
): Promise<readonly Found[]> {
  if (orders.length === 0) return [];
  const read = await connectors.erp.read('Order', [...new Set(orders)]);
  return [...read]
    .filter(([, { fields }]) => salespersons.includes(String(fields.salespersonId)))
    .map(([id, record]) => ({ ref: { side: 'erp', entity: 'Order', id }, record }));
}

/** A company is nobody's personal data. */
function mustBePerson(records: readonly Found[]): void {
  for (const { ref, record } of records) {
    const kind =
      ref.entity === 'Customer' ? record.fields[ref.side === 'crm' ? 'kind' : 'partnerType'] : 'PERSON';
    if (kind !== 'PERSON' && record.fields.name !== erased)
      throw new SyncError(
        'BAD_USER_INPUT',
        `${recordName(ref)} is of kind ${String(kind)}; only a person can be erased. Archive it, or change its kind first.`,
      );
  }
}

/** Empties the records of one side, then archives them. */
async function empty(
  parts: InlineParts,
  mapping: Mapping,
  side: Side,
  found: readonly Found[],
): Promise<void> {
  await blank(parts, mapping, side, found);
  const live = found.filter(({ record }) => !record.archived);
  if (live.length === 0) return;
  const writes = live.map(({ ref }) => ({ entity: ref.entity, kind: 'archive' as const, id: ref.id }));
  refuse(await parts.connectors[side].write(writes, syncAuthor), live);
}

/** Takes what is personal out of records. A value that has to stand becomes `erased`; an address keeps its country. */
async function blank(
  parts: InlineParts,
  mapping: Mapping,
  side: Side,
  found: readonly Found[],
): Promise<void> {
  if (found.length === 0) return;
  const writes = found.map(({ ref, record }) => ({
    entity: ref.entity,
    kind: 'update' as const,
    id: ref.id,
    fields: emptied(mapping, side, record),
  }));
  refuse(await parts.connectors[side].write(writes, syncAuthor), found);
}

function refuse(results: readonly { readonly kind: string }[], found: readonly Found[]): void {
  for (const result of results as readonly ({ kind: string } & {
    failure?: { code: string; message: string; field?: string };
  })[])
    if (result.kind === 'failed')
      throw new SyncError(
        'STATE',
        // Told without values: a refusal may quote what it refuses.
        `${found.map(({ ref }) => recordName(ref)).join(', ')} could not be emptied (${result.failure!.code}${result.failure!.field ? `, ${result.failure!.field}` : ''}); the links are ended and nothing is synced any more.`,
      );
}

function emptied(mapping: Mapping, side: Side, record: SystemRecord): Record<string, Json> {
  const out: Record<string, Json> = {};
  for (const field of personal[mapping.name] ?? []) {
    const rule = mapping.fields[field];
    const property = rule?.[side];
    if (!rule || !property) continue;
    const value = record.fields[property] ?? null;
    if (value === null) continue;
    if (typeof value === 'object') out[property] = rule.required?.[side] ? countryOf(value) : null;
    else if (!rule.required?.[side]) out[property] = null;
    else out[property] = field === 'email' ? `${erased}-${record.id}@${erased}.invalid` : erased;
  }
  return out;
}

const countryOf = (address: Json): Json =>
  Object.fromEntries(
    Object.entries(address as Record<string, Json>).filter(
      ([part]) => part === 'country' || part === 'countryCode',
    ),
  );
