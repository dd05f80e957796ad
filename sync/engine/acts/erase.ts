import { createHash } from 'node:crypto';
import { SyncError } from '../../core/errors.ts';
import type { Mapping } from '../../core/mapping.ts';
import { other } from '../../core/sides.ts';
import { syncAuthor } from '../../core/sync-author.ts';
import { type PersonalValues, patternsOf } from '../../core/told-of.ts';
import type { Json, MappingName, RecordRef, Side, SystemRecord } from '../../core/types.ts';
import {
  emptyMentions,
  emptyOwnReason,
  emptyTraces,
  entomb,
  linksOfPerson,
  mentionsOf,
  tracesOf,
  valuesHad,
} from '../../store/erasure.ts';
import type { Ask, Erased } from '../api.ts';
import { endLinks, toldAs } from '../ending.ts';
import { holding, type InlineParts } from '../inline.ts';
import { lookAtAlone } from '../lone.ts';
import { recordName, refKey } from '../records.ts';
import { tell } from '../tell.ts';

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

/**
 * Erases a person's data in both systems and in everything the sync keeps. The links end as tombstones first, so that
 * no step brings anything back; then both records are emptied and archived, then the traces. Ids stay, and a proof.
 * Called again, it goes on where it was interrupted.
 */
export async function erase(parts: InlineParts, ref: RecordRef, ask: Ask): Promise<Erased> {
  const name = parts.homes[ref.side][ref.entity];
  if (!name || !personal[name])
    throw new SyncError(
      'BAD_USER_INPUT',
      `${ref.entity} records are no persons; a Contact, a User or a Customer of kind PERSON can be erased.`,
    );
  let person = await personOf(parts, name, ref);
  const { records, traces, orders } = person;
  const counts = { records: records.length, ...traces, orders: orders.length };
  if (ask.mode === 'preview') return { ...counts, counts, proof: null, at: null, by: ask.actor };
  // As news, and not as somebody's wish: a lane that is left undone brings back no pair that a person has ended.
  const cause = { kind: 'change', actor: ask.actor } as const;
  const lanes = new Set(person.lanes);
  for (;;) {
    const keys = [...lanes].map((key) => ({ key, mapping: name }));
    // A step under way would write the person down once more: a counterpart that is being created, an event about it.
    const done = await holding(parts, keys, cause, async () => {
      person = await personOf(parts, name, ref);
      return person.lanes.every((lane) => lanes.has(lane)) ? carryOut(parts, person, ref, ask) : null;
    });
    if (done) return done;
    for (const lane of person.lanes) lanes.add(lane);
  }
}

/** All that there is of a person: links, records in both systems, traces, and the lanes on which more may come. */
async function personOf(parts: InlineParts, name: MappingName, ref: RecordRef) {
  const mapping = parts.mappings[name];
  const mappings: readonly MappingName[] = name === 'user' ? ['user', 'userOrder'] : [name];
  const links = (await linksOfPerson(parts.sql, [name], [ref.id])).filter(({ lone }) => !lone);
  const counterparts = await counterpartsOf(parts, name, ref, links);
  const records = await recordsOf(parts, mapping, ref, counterparts);
  if (records.length === 0 && links.length === 0)
    throw new SyncError('NOT_FOUND', `The ${ref.side.toUpperCase()} has no ${ref.entity} ${ref.id}.`);
  mustBePerson(records);
  const ids = [...new Set([ref.id, ...counterparts])];
  const all =
    name === 'user' ? (await linksOfPerson(parts.sql, mappings, ids)).filter(({ lone }) => !lone) : links;
  const orders = await ordersOf(
    parts,
    ids,
    all.flatMap(({ mapping: of, erpId }) => (of === 'userOrder' && erpId !== null ? [erpId] : [])),
  );
  const own = { links: all.map(({ id }) => id), records: ids };
  const had = [...toldBy(mapping, records), ...(await valuesHad(parts.sql, own.links))];
  const expressions = patternsOf(personalValues(name, had));
  const traces = await tracesOf(parts.sql, own, expressions);
  const lanes = [
    ...all.filter(({ lane }) => !lane.startsWith('deal:')).map(({ lane }) => lane),
    ...records.map((each) => `rec:${refKey(each.ref)}`),
  ];
  const words = wordsOf(name, had);
  return {
    name,
    mapping,
    mappings,
    links,
    records,
    ids,
    orders,
    own,
    traces,
    words,
    expressions,
    lanes: [...new Set(lanes)],
  };
}

async function carryOut(
  parts: InlineParts,
  {
    name,
    mapping,
    mappings,
    links,
    records,
    ids,
    orders,
    own,
    traces,
    words,
    expressions,
    lanes,
  }: Awaited<ReturnType<typeof personOf>>,
  ref: RecordRef,
  ask: Ask,
): Promise<Erased> {
  const counts = { records: records.length, ...traces, orders: orders.length };
  const cause = { kind: 'mutation', actor: ask.actor } as const;
  await endLinks(parts, { ids: own.links, by: erased, cause, correlationId: ask.correlationId });
  // What goes on alone of the links is emptied with them; what is left of it in the systems comes as news.
  const rows = (await linksOfPerson(parts.sql, mappings, ids)).map(({ id }) => id);
  await entomb(parts.sql, rows, lanes);
  for (const side of ['crm', 'erp'] as const)
    await empty(
      parts,
      mapping,
      side,
      records.filter((each) => each.ref.side === side),
    );
  await blank(parts, parts.mappings.userOrder, 'erp', orders);
  const eventId = parts.newId();
  const { at, left } = await parts.sql.begin(async (tx) => {
    await emptyTraces(tx, { ...own, links: rows });
    await emptyOwnReason(tx, own.records, words);
    await emptyMentions(tx, expressions);
    const [now] = await tx<{ at: string }[]>`select now() as at`;
    return { at: now!.at, left: await mentionsOf(tx, expressions) };
  });
  // A record that was emptied before brings no news, and is shown all the same; one that is gone may not have been missed yet.
  await lookAtAlone(
    parts,
    ids.map((id) => {
      const side = id === ref.id ? ref.side : other(ref.side);
      const link = links.findLast(({ crmId, erpId }) => id === (side === 'crm' ? crmId : erpId));
      return { each: { ref: { side, entity: mapping[side], id }, mapping: name }, link: link?.id ?? null };
    }),
  );
  const statement = {
    ref: refKey(ref),
    ids: [...ids].sort(),
    links: [...own.links].sort(),
    counts,
    // How many values and writings of them were looked for in texts, and how many texts hold one still.
    mentions: { lookedFor: expressions.length, left },
    at,
    by: ask.actor,
  };
  const proof = createHash('sha256').update(JSON.stringify(statement)).digest('hex');
  await tell(parts, [
    {
      id: eventId,
      mapping: toldAs(name),
      linkId: links[0]?.id ?? null,
      outcome: 'erased',
      cause,
      fields: [],
      detail: { proof, statement: statement as unknown as Json },
      attempt: 1,
      correlationId: ask.correlationId ?? eventId,
    },
  ]);
  return { ...counts, counts, proof, at, by: ask.actor };
}

/** Characters of a word that is the person's: two may be anybody's. */
const shortestWord = 3;

interface Had {
  readonly field: string;
  readonly value: Json;
}

/** What the records tell about the person. */
const toldBy = (mapping: Mapping, records: readonly Found[]): readonly Had[] =>
  records.flatMap(({ ref: { side }, record: { fields } }) =>
    personal[mapping.name]!.map((field) => ({
      field,
      value: fields[mapping.fields[field]?.[side] ?? ''] ?? null,
    })),
  );

/** The words of all that the person's records tell or told, in lower case. */
function wordsOf(name: MappingName, had: readonly Had[]): readonly string[] {
  const told = had.filter(({ field }) => personal[name]!.includes(field)).map(({ value }) => value);
  const words = JSON.stringify(
    told.flatMap((value) => (typeof value === 'object' && value ? Object.values(value) : value)),
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

/** What the person had of that, without what an erasure has put in its place. */
function personalValues(name: MappingName, had: readonly Had[]): PersonalValues {
  const out = {
    firstNames: new Set<string>(),
    lastNames: new Set<string>(),
    whole: new Set<string>(),
    phones: new Set<string>(),
  };
  for (const { field, value } of had) {
    const kind = personal[name]!.includes(field) ? telling[field] : undefined;
    if (kind && typeof value === 'string' && !value.startsWith(erased)) out[kind].add(value);
  }
  return out;
}

interface Found {
  readonly ref: RecordRef;
  readonly record: SystemRecord;
}

interface Pair {
  readonly crmId: string | null;
  readonly erpId: string | null;
  readonly state: string;
}

/**
 * What a record is or was linked with, on the other side. What a live link pairs with somebody else by now is that one's:
 * it had been linked with this person by mistake.
 */
async function counterpartsOf(
  { sql }: InlineParts,
  name: MappingName,
  { side, id: own }: RecordRef,
  links: readonly Pair[],
): Promise<readonly string[]> {
  const idOn = (link: Pair, on: Side) => (on === 'crm' ? link.crmId : link.erpId);
  const ids = [...new Set(links.flatMap((link) => idOn(link, other(side)) ?? []))];
  if (ids.length === 0) return [];
  const theirs = (await linksOfPerson(sql, [name], ids)).filter(
    (link) => link.state !== 'ended' && idOn(link, side) !== null && idOn(link, side) !== own,
  );
  return ids.filter((id) => !theirs.some((link) => idOn(link, other(side)) === id));
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
        `${found.map(({ ref }) => recordName(ref)).join(', ')} could not be emptied (${result.failure!.code}${result.failure!.field ? `, ${result.failure!.field}` : ''}); the links are ended and nothing is synced any more. Call erase again.`,
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
