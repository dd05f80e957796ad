import type { Author, Write, WriteFailure, WriteResult } from '../core/connector.ts';
import { sides } from '../core/sides.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { Side, SystemRecord } from '../core/types.ts';
import type { LinkBrief } from '../store/links.ts';
import type { Ahead, Applied } from './applied.ts';
import { lookBefore, noteOpen, noteRefusals, takenOf } from './certain.ts';
import type { RecordWrite } from './draft.ts';
import { encode } from './encode.ts';
import { giveWay } from './give-way.ts';
import { noteMet } from './met-by.ts';
import { refKey } from './records.ts';
import type { StepContext } from './step-context.ts';
import { type Together, unsentOf, wavesOf } from './waves.ts';

/**
 * Carries out the writes of a whole batch: one call per system and wave. Orders come after what they refer to, since
 * an order created in the same step as its quote names it. What is to be noted goes ahead of each side's first. Of
 * writes that stand or fall `together`, those that follow a failed one are not sent, and have failed as well.
 */
export async function apply(
  context: StepContext,
  writes: readonly RecordWrite[],
  ahead: Ahead = {},
  together: Together = [],
): Promise<readonly Applied[]> {
  const left = new Map(Object.entries(ahead) as [Side, Author['ahead']][]);
  const out: Applied[] = [];
  const moved = new Map<string, string>();
  for (const all of wavesOf(writes, together)) {
    const unsent = unsentOf(together, out);
    const wave = all.filter((write) => !unsent.has(write));
    for (const [write, failure] of unsent)
      if (all.includes(write)) out.push(notSent(context, write, failure));
    const applied = await Promise.all(
      sides.map((side) =>
        applyOn(
          context,
          side,
          wave.filter((w) => w.side === side),
          left,
          moved,
        ),
      ),
    );
    for (const each of applied.flat()) {
      out.push(each);
      const { side, entity } = each.write;
      if (each.deletedId !== null) context.records.put({ side, entity, id: each.deletedId }, null);
      if (each.record) {
        context.records.put({ side, entity, id: each.record.id }, each.record);
        moved.set(refKey({ side, entity, id: each.record.id }), each.record.version);
        for (const link of each.write.gives) introduce(context, each.write, link, each.record.id);
      }
    }
  }
  return out;
}

/** What is said of a write that was not sent. */
const notSent = (context: StepContext, write: RecordWrite, failure: WriteFailure): Applied => ({
  write,
  sent: encode(context, write).write,
  record: null,
  deletedId: null,
  kind: 'failed',
  failure,
  unsent: true,
  held: [],
});

/** Makes a record that was just created known as its link's side, so that the next wave can refer to it. */
function introduce(
  { table, lookup }: StepContext,
  { side, parts }: RecordWrite,
  link: string,
  id: string,
): void {
  const mapping = parts.find((part) => part.link === link)?.mapping;
  if (mapping)
    table.complete(link, mapping, side, id, lookup.record(link, side === 'crm' ? 'erp' : 'crm') ?? null);
}

async function applyOn(
  context: StepContext,
  side: Side,
  writes: readonly RecordWrite[],
  ahead: Map<Side, Author['ahead']>,
  moved: ReadonlyMap<string, string>,
): Promise<readonly Applied[]> {
  if (writes.length === 0) return [];
  const encoded = writes.map((write) => encode(context, asMoved(write, moved)));
  const sent = encoded.map((each) => each.write);
  const { known, gaveWay } = await lookBefore(context, side, writes, sent);
  const going = sent.filter((_, n) => !known.has(n));
  const fresh =
    going.length > 0 ? await send(context, side, going, { ahead: takeFor(side, ahead), gaveWay }) : [];
  // At once: the news of these writes must not come back before, while the other system still works.
  noteWritten(context, side, going, fresh);
  const answers = [...fresh];
  const answered = sent.map((_, n) => known.get(n) ?? answers.shift()!);
  const results = await claimExisting(context, side, writes, sent, answered);
  const deletedIds = results.map(deletedOf);
  noteRefusals(context, sent, results);
  const twins = await giveWay(context, side, writes, sent, results);
  return results.map((result, n) => ({
    write: writes[n]!,
    sent: sent[n]!,
    record: twins.get(n)?.record ?? ('record' in result ? result.record : null),
    deletedId: deletedIds[n]!,
    kind: twins.has(n) ? 'existed' : result.kind,
    ...(twins.has(n) && { twin: twins.get(n)!.by }),
    failure: result.kind === 'failed' && deletedIds[n] === null ? result.failure : null,
    held: encoded[n]!.held,
  }));
}

/** What was written of a record a wave ago is our own: the version it came to is the one that is known. */
function asMoved(write: RecordWrite, moved: ReadonlyMap<string, string>): RecordWrite {
  const version = write.id === null ? undefined : moved.get(refKey({ ...write, id: write.id }));
  return version === undefined ? write : { ...write, version };
}

/** What goes ahead of a side's first write, once. */
function takeFor(side: Side, ahead: Map<Side, Author['ahead']>): Author['ahead'] {
  const own = ahead.get(side);
  ahead.delete(side);
  return own;
}

/** What sending needs besides the writes. */
interface Sending {
  readonly ahead?: Author['ahead'];
  /** Records that these creates had made and that gave way to a twin. */
  readonly gaveWay: ReadonlySet<string>;
}

/** A create whose outcome stays open is looked for once it can be seen, counted from here and not from when it was noted. */
async function send(
  context: StepContext,
  side: Side,
  writes: readonly Write[],
  more: Sending,
): Promise<readonly WriteResult[]> {
  let results: readonly WriteResult[] | undefined;
  try {
    results = await writeAfresh(context, side, writes, more);
    return results;
  } catch (error) {
    noteMet(error, { side, writes });
    throw error;
  } finally {
    await noteOpen(context, side, writes, results);
  }
}

/**
 * Writes, and makes anew what a key had made before in a story that has ended: its record is gone, or was parted from what
 * it was made from (unlinked, merged, put away after a deletion) and belongs to nobody now. Where that record gave way to a
 * twin, which is gone itself by now, so it does as well. Where nobody knew the record, an attempt at this very create had
 * made it.
 */
async function writeAfresh(
  context: StepContext,
  side: Side,
  writes: readonly Write[],
  { ahead, gaveWay }: Sending,
): Promise<readonly WriteResult[]> {
  const author = ahead ? { ...syncAuthor, ahead } : syncAuthor;
  const results = await context.connectors[side].write(writes, author);
  const before = results.flatMap((result, n) => {
    const [gone, write] = [deletedOf(result), writes[n]!];
    const id = gone ?? (result.kind === 'existed' ? result.record.id : null);
    return id !== null && write.kind === 'create' ? [{ n, id, write, isGone: gone !== null }] : [];
  });
  if (before.length === 0) return results;
  const mappings = Object.values(context.mappings);
  const links = await context.linksOf(
    before.flatMap(({ id, write }) =>
      mappings
        .filter((mapping) => mapping[side] === write.entity)
        .map(({ name }) => ({ mapping: name, side, id })),
    ),
  );
  const again = before.filter(({ id, isGone }) => {
    const own = links.filter((link) => (side === 'crm' ? link.crmId : link.erpId) === id);
    return isGone ? own.length > 0 || gaveWay.has(id) : own.length > 0 && own.every(isParted);
  });
  if (again.length === 0) return results;
  const made = await writeAfresh(
    context,
    side,
    again.map(({ id, write }) => ({ ...write, key: `${write.key}:${id}` })),
    { gaveWay },
  );
  const byPlace = new Map(again.map(({ n }, i) => [n, made[i]!]));
  return results.map((result, n) => byPlace.get(n) ?? result);
}

/** Whether the records of this link are a pair no more, and no other link of the deal has taken them over. */
const isParted = ({ state, endedBy }: LinkBrief): boolean =>
  state === 'ended' && ['unlinked', 'merged', 'deleted'].includes(endedBy ?? '');

/** The record that the key of a create had made, where it is gone. */
const deletedOf = (result: WriteResult): string | null =>
  result.kind === 'failed' && result.failure.code === 'DELETED' && typeof result.failure.value === 'string'
    ? result.failure.value
    : null;

function noteWritten(
  { written, mappings }: StepContext,
  side: Side,
  writes: readonly Write[],
  results: readonly WriteResult[],
): void {
  for (const [n, result] of results.entries()) {
    const { entity } = writes[n]!;
    // A user stands in a lane of his own and in that of each of his orders: what one writes is news for the others.
    if (side === 'crm' && entity === mappings.userOrder.crm) continue;
    if ('record' in result && result.record && result.kind !== 'existed')
      written.add({ side, entity, id: result.record.id }, result.record.version);
  }
}

/**
 * A create that is refused because a record bears its stamp or its number already has found its counterpart: unless
 * that one belongs to another link, it is as if the create had come through before. One that merely has the number and
 * was put away is the survivor of another story, and whoever was linked to it would be put away as well: the refusal
 * stands, and a person decides.
 */
async function claimExisting(
  context: StepContext,
  side: Side,
  writes: readonly RecordWrite[],
  sent: readonly Write[],
  results: readonly WriteResult[],
): Promise<readonly WriteResult[]> {
  const twins = results.flatMap((result, n) => {
    const write = sent[n]!;
    if (result.kind !== 'failed' || result.failure.code !== 'DUPLICATE' || write.kind !== 'create') return [];
    const { current, field } = result.failure;
    if (!current || !field || !identifying.has(field)) return [];
    return [{ n, record: current, entity: write.entity, origin: writes[n]!.origin }];
  });
  if (twins.length === 0) return results;
  const taken = await takenOf(context, side, twins);
  const found = new Map(twins.filter(({ record }) => !taken.has(record.id)).map((twin) => [twin.n, twin]));
  return results.map((result, n) => {
    const twin = found.get(n);
    if (!twin || result.kind !== 'failed') return result;
    const { record, entity } = twin;
    if (!record.archived || stamps.has(result.failure.field!)) return { kind: 'existed', record };
    return {
      kind: 'failed',
      failure: { ...result.failure, message: inTheWay(result.failure, entity, record) },
    };
  });
}

/** Names the record that is in the way, and the remedy. */
const inTheWay = ({ message, field }: WriteFailure, entity: string, { id }: SystemRecord): string =>
  `${message} It is ${entity} ${id}, which is archived: restore it and retry to link the two, or give one of them another ${field}.`;

/** Written by the sync alone: whoever bears one was made from the record that it names. */
export const stamps: ReadonlySet<string> = new Set(['externalReference', 'sourceQuoteReference']);

const identifying: ReadonlySet<string> = new Set([...stamps, 'itemNo', 'sku']);
