import { mappingsOfEntity } from '../core/home.ts';
import type { MappingName, RecordRef } from '../core/types.ts';
import { knownVersions } from '../store/backlogs.ts';
import type { LinkRow } from '../store/links.ts';
import { refKey } from './records.ts';
import type { EngineParts, StepContext } from './step-context.ts';
import { refsOfLink, type Work } from './work.ts';

/**
 * The flow whose backlog a work has to wait for, if any: one of its records has moved, and the news of it stands there
 * and in no lane. News of a quote leaves the deal alone while its order was edited and orders rest; and an edit that came
 * after a pause waits for those that came during it, so that the later one is known.
 *
 * Also a record that only the sync has written since may be meant: whether a person edited it before that, its feed alone
 * tells.
 */
export function waitsForBacklog(context: StepContext, { lane, links }: Work): MappingName | null {
  const { settings } = context;
  if (!links.some(({ mapping }) => settings.isBehind(mapping))) return null;
  const stored = links.filter(({ id, closed }) => context.stored.has(id) && !closed);
  for (const [key, own] of linksByRecord(context, stored)) {
    const { ref, link } = own.reduce((a, b) => (b.link.mapping < a.link.mapping ? b : a));
    if (settings.isBehind(link.mapping) && !(key in lane.rung) && isMoved(context, link, ref))
      return link.mapping;
  }
  return null;
}

interface Linked {
  readonly ref: RecordRef;
  readonly link: LinkRow;
}

const linksByRecord = (context: StepContext, links: readonly LinkRow[]): Map<string, Linked[]> =>
  Map.groupBy(
    links.flatMap((link) => refsOfLink(context, link).map((ref) => ({ ref, link }))),
    ({ ref }) => refKey(ref),
  );

function isMoved({ records }: StepContext, { crmVersion, erpVersion }: LinkRow, ref: RecordRef): boolean {
  const known = ref.side === 'crm' ? crmVersion : erpVersion;
  return known !== null && records.get(ref)?.version !== known;
}

/** Whether a record may have news in the backlog of a flow: it is not as the link knows it, or has no link at all. */
export async function isUnread(
  { sql, mappings, settings, connectors }: EngineParts,
  ref: RecordRef,
): Promise<boolean> {
  const own = mappingsOfEntity(mappings, ref.side, ref.entity).map(({ name }) => name);
  const behind = own.filter((name) => settings.isBehind(name));
  if (behind.length === 0) return false;
  const known = await knownVersions(sql, ref, own);
  if (known.length === 0) return behind.includes(own[0]!);
  const waiting = known.filter(({ flow }) => behind.includes(flow));
  if (waiting.length === 0) return false;
  const record = (await connectors[ref.side].read(ref.entity, [ref.id])).get(ref.id);
  return waiting.some(({ version }) => version !== record?.version);
}
