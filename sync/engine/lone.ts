import type { Mapping } from '../core/mapping.ts';
import { sides } from '../core/sides.ts';
import type { LineLink, RecordRef, Side, SideState } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { dropLone, type LoneRecord, savingLone } from '../store/lone.ts';
import { decode, type Found, idOn, learnRecords } from './adopted.ts';
import type { LinkOutcome } from './progress.ts';
import { readRecords } from './records.ts';
import { type EngineParts, type StepContext, stepContext } from './step-context.ts';
import { refsOfLink, versionOf } from './work.ts';

type Parts = Pick<EngineParts, 'mappings' | 'newId'>;

/** What goes on alone of links that a person or another link has ended: each record with what it showed at the last agreement. */
export function loneOfEnded(parts: Parts, links: readonly LinkRow[]): readonly LoneRecord[] {
  return links
    .filter(({ mapping }) => isShown(parts.mappings[mapping]))
    .flatMap((link) =>
      sides
        .filter((side) => idOn(link, side) !== null)
        .map((side, n) => ({
          ...ofLink(parts, link, side),
          // The CRM's record goes on under the id that the pair had, the ERP's where there is no other.
          record: n === 0 ? link.id : null,
          values: link.base?.[side] ?? link.agreed,
          lines: parts.mappings[link.mapping].lines ? linesOf(parts, link, side) : null,
        })),
    );
}

/** What goes on alone of a link that a step has ended, if anything does. */
export function loneOfStep(parts: Parts, { link, draft }: LinkOutcome): readonly LoneRecord[] {
  const { survivor } = draft;
  if (link.state !== 'ended' || !survivor || !isShown(parts.mappings[link.mapping])) return [];
  return [{ ...ofLink(parts, link, survivor.side), record: link.id, ...shownBy(parts, survivor.state) }];
}

/** A record that no live link holds, and the link that it had. */
export interface Left {
  readonly each: Pick<Found, 'ref' | 'mapping'>;
  readonly link: string | null;
}

/** News of records that no live link holds: they show what they show now, and are forgotten once they are gone. */
export async function lookAgain(context: StepContext, left: readonly Left[]): Promise<void> {
  if (left.length === 0) return;
  const found = left.flatMap(({ each, link }) => {
    const record = context.records.get(each.ref);
    return record ? [{ each: { ...each, record }, link }] : [];
  });
  await learnRecords(
    context,
    found.map(({ each }) => each),
  );
  const lone = found.map(({ each: { ref, record, mapping }, link }): LoneRecord => {
    const { side, id: recordId } = ref;
    return {
      id: context.newId(),
      mapping,
      side,
      recordId,
      endedLink: link,
      record: side === 'crm' ? link : null,
      version: record.version,
      archived: record.archived,
      ...shownBy(context, decode(context, context.mappings[mapping], side, record)),
    };
  });
  const gone = left
    .filter(({ each }) => context.records.get(each.ref) === null)
    .map(({ each: { ref, mapping } }) => ({ mapping, side: ref.side, recordId: ref.id }));
  if (lone.length + gone.length === 0) return;
  await context.sql.atOnce((tx) => [...savingLone(tx, lone), dropLone(tx, gone)]);
}

/** Shows records that no live link holds, and whose flow or deal rests, as they are. */
export async function lookAtStrangers(context: StepContext, refs: readonly RecordRef[]): Promise<void> {
  if (refs.length === 0) return;
  const found = refs.map((ref) => ({ ref, mapping: context.homes[ref.side][ref.entity]! }));
  const links = await context.linksOf(found.map(({ ref: { side, id }, mapping }) => ({ mapping, side, id })));
  const left = found.flatMap((each): readonly Left[] => {
    const own = links.filter(
      (link) => link.mapping === each.mapping && idOn(link, each.ref.side) === each.ref.id,
    );
    return own.some(({ state }) => state !== 'ended') ? [] : [{ each, link: own[0]?.id ?? null }];
  });
  await readRecords(
    context.connectors,
    context.records,
    left.map(({ each }) => each.ref),
  );
  await lookAgain(context, left);
}

/** Looks at once at what a link left that a person has ended: what stands there may not be what was agreed last. */
export async function lookAtLeft(parts: EngineParts, link: LinkRow): Promise<void> {
  await lookAtAlone(
    parts,
    refsOfLink(parts, link).map((ref) => ({ each: { ref, mapping: link.mapping }, link: link.id })),
  );
}

/** Looks at once at records that no live link holds, whether or not there is news of them. */
export async function lookAtAlone(parts: EngineParts, left: readonly Left[]): Promise<void> {
  const context = stepContext(parts);
  const shown = left.filter(({ each }) => isShown(context.mappings[each.mapping]));
  await readRecords(
    context.connectors,
    context.records,
    shown.map(({ each }) => each.ref),
  );
  await lookAgain(context, shown);
}

/** Documents between others, and who sells an order, are shown with those. */
const isShown = (mapping: Mapping): boolean => !mapping.between;

function ofLink(parts: Parts, link: LinkRow, side: Side) {
  return {
    id: parts.newId(),
    mapping: link.mapping,
    side,
    recordId: idOn(link, side)!,
    endedLink: link.id,
    version: versionOf(link, side),
    archived: side === 'crm' ? link.crmArchived : link.erpArchived,
  };
}

/** What a record shows, in the form in which it is kept. */
function shownBy(
  { newId }: Pick<Parts, 'newId'>,
  { values, lines }: SideState,
): Pick<LoneRecord, 'values' | 'lines'> {
  const own = lines
    ?.filter((line) => !line.behind)
    .map((line) => ({ id: newId(), lineId: line.lineId, values: line.values }));
  return { values, lines: own ?? null };
}

/** A line that no step has agreed on yet is told by the next look at its record. */
function linesOf({ newId }: Pick<Parts, 'newId'>, link: LinkRow, side: Side): LoneRecord['lines'] {
  const lineId = (line: LineLink): string | null => (side === 'crm' ? line.crmLineId : line.erpLineId);
  return link.lines
    .filter((line) => !line.ended && lineId(line) !== null)
    .map((line) => ({ id: newId(), lineId: lineId(line)!, values: line.base?.[side] ?? {} }));
}
