import { lateCancel } from '../core/state-maps.ts';
import type { Conflict, Held, RecordRef, Side } from '../core/types.ts';
import { conflictPath, type Ended, saveConflicts } from '../store/conflicts.ts';
import { type NewIssue, saveIssues } from '../store/issues.ts';
import type { LinkRow } from '../store/links.ts';
import type { NewProposal } from '../store/proposals.ts';
import type { Statement } from '../store/sql.ts';
import { saveWaits } from '../store/waits.ts';
import type { LinkOutcome } from './progress.ts';
import { refKey } from './records.ts';
import type { StepContext } from './step-context.ts';
import { refOfLink } from './work.ts';

/** What the findings of a step rest on besides its links. */
interface Grounds {
  /** Links that were rung because something they waited for is there. */
  readonly released: ReadonlySet<string>;
  /** What links wait with for a person. */
  readonly proposals: readonly NewProposal[];
}

/** Conflicts, issues and waits: written only for links that have or had any. */
export function findings(
  tx: Parameters<typeof saveConflicts>[0],
  context: StepContext,
  links: readonly LinkOutcome[],
  { released, proposals }: Grounds,
): (Statement | null)[] {
  const had = (link: LinkRow): LinkRow | undefined => context.stored.get(link.id);
  const disputed = links.filter(
    ({ link, draft }) => !draft.failed && (draft.conflicts.length > 0 || mayDispute.has(had(link)?.state)),
  );
  const troubled = links.filter(
    ({ link, draft, failure }) =>
      failure ||
      isMassHeld(link) ||
      link.held.length > 0 ||
      lateCancelOf(draft) ||
      (had(link)?.held.length ?? 0) > 0 ||
      had(link)?.state === 'failed' ||
      had(link)?.state === 'conflict',
  );
  const waiting = links.filter(({ link, failedFor }) => {
    const before = had(link);
    // A twin that was found takes the place of what the link waited with; what was rung for nothing waits for nothing.
    const anew = (link.base !== null && !before?.base) || released.has(link.id);
    const doubted = isProposed(link) || (before && isProposed(before));
    const failed = failedFor !== undefined || before?.state === 'failed';
    return anew || doubted || failed || waitsOf(link).length > 0 || (before && waitsOf(before).length > 0);
  });
  const ids = (list: readonly LinkOutcome[]): string[] => list.map(({ link }) => link.id);
  const jobs: (Statement | null)[] = [];
  if (disputed.length > 0)
    jobs.push(
      saveConflicts(
        tx,
        ids(disputed),
        disputed.flatMap(({ link, draft }) =>
          draft.conflicts.map((conflict) => {
            const [crm, erp] = [
              edited(context, link, 'crm', conflict),
              edited(context, link, 'erp', conflict),
            ];
            return {
              ...conflict,
              id: context.newId(),
              linkId: link.id,
              crmBy: crm.by,
              erpBy: erp.by,
              crmAt: crm.at,
              erpAt: erp.at,
            };
          }),
        ),
        disputed.flatMap(lastChanges),
      ),
    );
  if (troubled.length > 0)
    jobs.push(
      saveIssues(
        tx,
        ids(troubled),
        troubled.flatMap((each) => issuesOf(context, each)),
      ),
    );
  if (waiting.length > 0)
    jobs.push(
      saveWaits(
        tx,
        ids(waiting),
        waiting.flatMap(({ link, failedFor }) =>
          [
            ...waitsOf(link),
            ...movesAwaited(context, link, proposals),
            ...(failedFor ? [moveOf(failedFor)] : []),
          ].map((on) => ({ linkId: link.id, lane: link.lane, on })),
        ),
      ),
    );
  return jobs;
}

/** The last change of each field of a link. */
const lastChanges = ({ link, draft: { changes } }: LinkOutcome): readonly Ended[] => {
  const last = new Map(changes.map((change) => [conflictPath(change.line, change.field), change]));
  return [...last.values()].map(({ line, field, why }) => ({
    linkId: link.id,
    ...(line !== undefined && { line }),
    field,
    why,
  }));
};

/** States of links that may have open conflicts: a failure leaves them as they are. */
const mayDispute: ReadonlySet<LinkRow['state'] | undefined> = new Set(['conflict', 'failed']);

/** Whether a link waits for a person to say what its record is. */
export const isProposed = ({ state, linkedBy }: LinkRow): boolean =>
  state !== 'ended' && linkedBy.kind === 'proposal';

/** Of a record that was proposed: it is looked for anew when one of the candidates moves. */
function movesAwaited(
  { mappings }: StepContext,
  link: LinkRow,
  proposals: readonly NewProposal[],
): readonly string[] {
  if (!isProposed(link)) return [];
  const own = proposals.find(({ linkId }) => linkId === link.id);
  const side = link.crmId === null ? 'crm' : 'erp';
  const entity = mappings[link.mapping][side];
  return (own?.candidates ?? []).map(({ id }) => moveOf({ side, entity, id }));
}

/** Whether a mass change is held that this record is part of. */
export const isMassHeld = (link: LinkRow): boolean => link.waitsFor.some(({ on }) => on.startsWith('mass:'));

/**
 * Who edited a field last, and when: as the link keeps it since, or as the record showed it before the sync wrote to it.
 * Unknown rather than the sync itself.
 */
function edited(
  context: StepContext,
  link: LinkRow,
  side: Side,
  { field, line }: Conflict,
): { readonly by: string | null; readonly at: string | null } {
  const [before, now] = [context.stored.get(link.id), link].map((each) => each?.edits[side]?.[field]);
  // Of what this very step has found the record says it more exactly.
  const left = line === undefined && before?.at === now?.at ? before : undefined;
  if (left?.by !== undefined)
    return { by: left.by, at: new Date(left.at + context.clockOffset[side]).toISOString() };
  const ref = refOfLink(context.mappings[link.mapping], link, side);
  const record = ref && context.records.lastEdit(ref);
  return { by: record?.updatedBy ?? null, at: record?.updatedAt ?? null };
}

/**
 * What rings this link's lane when it comes: blockers of the whole, and references that hold a field. What is part of a mass
 * change waits for no record besides: it stays held when that comes, and would be rung for it without end.
 */
export function waitsOf(link: LinkRow): readonly string[] {
  if (link.state === 'ended') return [];
  const fields = link.held.flatMap((held) => {
    if (held.kind === 'unmapped' && held.list) return [`code:${codeIn(held)}`];
    if (held.kind === 'taken')
      return [held.for ? moveOf(held.for) : `moved:${held.side}::${String(held.value)}`];
    if (held.kind === 'unfit' && held.for) return [moveOf(held.for)];
    if (held.kind !== 'waits') return [];
    return held.for ? [refKey(held.for)] : [`link:${String(held.value)}`];
  });
  const whole = link.waitsFor.map((b) => b.on).filter((on) => /^(crm|erp|link|mass|deal):/.test(on));
  const all = [...new Set([...fields, ...whole])];
  return isMassHeld(link) ? all.filter((on) => !/^(crm|erp|link):/.test(on)) : all;
}

/** That this record moves: it may give up a value that another one waits for, or is looked for by. */
export const moveOf = (ref: RecordRef): string => `moved:${refKey(ref)}`;

function issuesOf(context: StepContext, { link, failure, draft }: LinkOutcome): NewIssue[] {
  const issue = (of: Omit<NewIssue, 'id' | 'mapping'>): NewIssue => ({
    id: context.newId(),
    mapping: link.mapping,
    ...of,
  });
  const out = link.held
    .filter((held) => held.kind !== 'waits')
    .map((held) =>
      issue({
        key: keyOfHeld(link, held),
        code: codeOfHeld[held.kind],
        // One issue per code, not one per record: it closes when the code is mapped, not when one record is cured.
        linkId: held.kind === 'unmapped' ? null : link.id,
        side: held.side,
        entity: context.mappings[link.mapping][held.side],
        recordId: held.side === 'crm' ? link.crmId : link.erpId,
        field: held.field,
        // Of an address the country alone is a code.
        value: held.code ?? held.value,
        message: held.message,
      }),
    );
  const late = lateCancelOf(draft);
  if (late)
    out.push(
      issue({
        key: `late:${link.id}`,
        code: 'LATE_CANCEL',
        linkId: link.id,
        side: 'crm',
        entity: context.mappings[link.mapping].crm,
        recordId: link.crmId,
        field: late.field,
        value: late.crm,
        message: `The order was cancelled in the CRM, but in the ERP it is ${String(late.erp)} already. Decide the conflict of its ${late.field} for the ERP, or have the ERP cancel the order.`,
      }),
    );
  for (const { on, reason } of link.waitsFor)
    if (on.startsWith('mass:'))
      out.push(
        issue({
          key: on,
          code: 'MASS_CHANGE',
          linkId: null,
          side: on.split(':')[2] === 'crm' ? 'crm' : 'erp',
          entity: null,
          recordId: null,
          field: null,
          value: null,
          message: reason,
        }),
      );
  if (failure)
    out.push(
      issue({
        key: `failed:${link.id}:${failure.code}`,
        code: failure.code,
        linkId: link.id,
        side: failure.record?.side ?? null,
        entity: failure.record?.entity ?? null,
        recordId: failure.record?.id ?? null,
        field: failure.field,
        value: null,
        message: failure.message,
      }),
    );
  return draft.link.state === 'ended' ? [] : out;
}

/** A cancel that came too late is for a person to decide, like any conflict, and an issue for as long as it stands. */
const lateCancelOf = ({ conflicts }: LinkOutcome['draft']): Conflict | undefined =>
  conflicts.find(({ why }) => why === lateCancel);

const codeOfHeld: Readonly<Record<Held['kind'], string>> = {
  waits: 'WAITS',
  unreadable: 'UNREADABLE_VALUE',
  unfit: 'VALUE_DOES_NOT_FIT',
  unmapped: 'UNMAPPED_CODE',
  quarantined: 'FIELD_QUARANTINED',
  gap: 'TOTAL_GAP',
  late: 'LATE_EDIT',
  away: 'ORDER_ARCHIVED',
  second: 'SECOND_ORDER',
  taken: 'VALUE_TAKEN',
  frozen: 'VALUE_FROZEN',
};

const keyOfHeld = (link: LinkRow, held: Held): string =>
  held.kind === 'unmapped'
    ? `unmapped:${codeIn(held)}`
    : `field:${link.id}:${held.side}:${conflictPath(held.line, held.field)}`;

/** A code that nobody mapped, by list and system: `paymentTerms:erp:X9`. */
const codeIn = ({ list, codeOf, side, code, value }: Held): string =>
  `${list}:${codeOf ?? side}:${code ?? String(value)}`;
