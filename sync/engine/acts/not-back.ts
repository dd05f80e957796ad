import type { SyncError } from '../../core/errors.ts';
import type { NewIssue } from '../../store/issues.ts';
import type { LinkBrief, LinkRow } from '../../store/links.ts';
import { notBack, notBackKey } from '../../store/not-back.ts';
import { recordName } from '../records.ts';
import type { EngineParts } from '../step-context.ts';
import { refOfLink, refsOfLink } from '../work.ts';

type Naming = Pick<EngineParts, 'newId' | 'mappings'>;

/** A pair that stays ended: somebody has linked one of its records otherwise while an event was taken back. */
export function notLinkedAgain(
  parts: Naming,
  eventId: string,
  link: LinkRow,
  instead: readonly LinkBrief[],
): NewIssue {
  const own = refsOfLink(parts, link);
  const taken = own.filter(({ side, id }) =>
    instead.some((pair) => (side === 'crm' ? pair.crmId : pair.erpId) === id),
  );
  const pairs = instead.map(({ id }) => `Link_${id}`).join(' and ');
  return issueOf(parts, link, {
    key: notBackKey(link.id),
    message: `${own.map(recordName).join(' and ')} were not linked again when Event_${eventId} was taken back, for ${taken.map(recordName).join(' and ')} had been linked otherwise meanwhile (${pairs}). If they belong together, unlink that and link them; if not, link what was left without a counterpart. This closes once both have one.`,
  });
}

/** A system has refused its part of a taking back, and whoever had asked for it does not hear of it any more. */
export const refusedUnheard = (parts: Naming, eventId: string, link: LinkRow, refused: SyncError): NewIssue =>
  issueOf(parts, link, {
    key: `${notBackKey(link.id)}:${eventId}`,
    message: `${refused.message} All is as Event_${eventId} had left it. Have that system take the write, and take Event_${eventId} back again; or unlink the pair. This closes with either.`,
  });

function issueOf(
  { newId, mappings }: Naming,
  link: LinkRow,
  told: Pick<NewIssue, 'key' | 'message'>,
): NewIssue {
  const ref = refOfLink(mappings[link.mapping], link, 'crm');
  return {
    id: newId(),
    code: notBack,
    mapping: link.mapping,
    linkId: link.id,
    side: ref?.side ?? null,
    entity: ref?.entity ?? null,
    recordId: ref?.id ?? null,
    field: null,
    value: null,
    ...told,
  };
}
