import type { Write, WriteResult } from '../core/connector.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { Side, SystemRecord } from '../core/types.ts';
import { noteGaveWay } from '../store/intents.ts';
import type { LinkRow } from '../store/links.ts';
import { type Made, twinsOf } from './adopt-match.ts';
import type { RecordWrite } from './draft.ts';
import { refOf } from './records.ts';
import type { StepContext } from './step-context.ts';

/** A twin that was there when its counterpart had just been made, and why it is the one. */
export interface Preceding {
  readonly record: SystemRecord;
  readonly by: LinkRow['linkedBy'];
}

/**
 * A record is looked for before it is made, and somebody may make it in between. So what was made looks for its twin
 * once more: where that would have been linked, had it been there a moment sooner, it is, and what was made goes again.
 * Nobody has touched that, or it stays, and the twin is a person's to judge. That it gives way is noted before: one that
 * is gone after a death of ours was deleted by nobody. What a person has decided to make stays: he has said that it is
 * another one. Answers the twins by the places of the writes.
 */
export async function giveWay(
  context: StepContext,
  side: Side,
  writes: readonly RecordWrite[],
  sent: readonly Write[],
  results: readonly WriteResult[],
): Promise<ReadonlyMap<number, Preceding>> {
  const made = results.flatMap((result, n) => {
    const [write, { origin }] = [sent[n]!, writes[n]!];
    if (write.kind !== 'create' || !write.key || !origin || !isUntouched(result)) return [];
    if (isDecided(context, writes[n]!)) return [];
    const ref = refOf(origin.source);
    const record = context.records.get(ref);
    const { creates } = context.mappings[origin.mapping];
    if (!record || !creates.crm || !creates.erp) return [];
    return [
      {
        n,
        key: write.key,
        of: { ref, record, mapping: origin.mapping, made: result.record.id } satisfies Made,
        is: result.record,
      },
    ];
  });
  const twins = await twinsOf(
    context,
    side,
    made.map(({ of }) => of),
  );
  const met = made.flatMap((each, i) => {
    const twin = twins[i];
    const record = twin && context.records.get({ side, entity: writes[each.n]!.entity, id: twin.id });
    return record ? [{ ...each, twin, record }] : [];
  });
  if (met.length === 0) return new Map();
  for (const { key, is } of met) await noteGaveWay(context.sql, key, is.id);
  const gone = await context.connectors[side].write(
    met.map(({ n, is }) => ({ entity: writes[n]!.entity, kind: 'delete', id: is.id, ifVersion: is.version })),
    syncAuthor,
  );
  const out = new Map<number, Preceding>();
  for (const [i, { n, is, twin, record }] of met.entries()) {
    if (gone[i]?.kind !== 'deleted') continue;
    context.records.put({ side, entity: writes[n]!.entity, id: is.id }, null);
    out.set(n, { record, by: { kind: 'match', key: twin.key.fields.join('+'), score: twin.score } });
  }
  return out;
}

/** Whether a person has decided that a counterpart is made. */
const isDecided = ({ stored }: StepContext, { gives }: RecordWrite): boolean =>
  gives.some((id) => stored.get(id)?.linkedBy.decided);

/** Whether this was made by the sync, and nobody has edited it since. */
function isUntouched(result: WriteResult): result is Extract<WriteResult, { readonly record: SystemRecord }> {
  if (result.kind === 'created') return true;
  if (result.kind !== 'existed') return false;
  const { createdAt, updatedAt, updatedBy, archived } = result.record;
  return createdAt === updatedAt && updatedBy === syncAuthor.actor && !archived;
}
