import type { Mapping } from '../../core/mapping.ts';
import { other } from '../../core/sides.ts';
import type { FieldChange, Side, SystemRecord } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import { massKey, massPauseMs } from '../mass-change.ts';
import { isProposal } from '../stage.ts';
import { leftBehind } from '../told-late.ts';
import { refOfLink } from '../work.ts';
import type { Planning } from './planning.ts';

/** A record that a link names is gone from `side`: the survivor follows by the flow's policy, and a tombstone stays. */
export function planGone(
  planning: Planning,
  mapping: Mapping,
  link: LinkRow,
  side: Side,
  survivor: SystemRecord | null,
): void {
  if (planning.work.massGone === side) {
    holdRemoved(planning, link, side);
    return;
  }
  const target = other(side);
  const policy = goesOn(mapping, side, survivor) ? 'unlink' : mapping.onDelete[side];
  const ref = survivor && refOfLink(mapping, link, target);
  if (survivor && ref && policy !== 'unlink' && !(policy === 'archive' && survivor.archived))
    planning.want({ ...ref, action: policy, version: survivor.version, key: null, parts: [], gives: [] });
  const change: FieldChange = {
    field: 'deleted',
    side: target,
    before: false,
    after: policy,
    winner: side,
    why: `deleted in the ${side.toUpperCase()}`,
  };
  const late = planning.tellLate(mapping, link);
  const state = ref && planning.stateOf(mapping, ref, survivor);
  const left = leftBehind(link, state, target, late);
  planning.draft(
    { ...link, state: 'ended', endedBy: 'deleted', waitsFor: [] },
    { changes: [...late, ...left, change], ...(state && { survivor: { side: target, state } }) },
  );
}

/** An order that was confirmed is sold, whatever becomes of its quote; a PROPOSAL goes with what it proposes. */
const goesOn = ({ name }: Mapping, side: Side, survivor: SystemRecord | null): boolean =>
  name === 'quoteOrder' && side === 'crm' && survivor !== null && !isProposal(survivor);

/** So much of the flow is gone or archived at once that the system's word is not taken yet. */
export function holdRemoved({ draft, postpone }: Planning, link: LinkRow, side: Side): void {
  const reason = `${side.toUpperCase()} shows more than half of this flow as gone or archived. Look there; when it is true, retry MASS_CHANGE.`;
  draft({ ...link, state: 'waiting', waitsFor: [{ on: massKey(link.mapping, side), reason }] });
  postpone(massPauseMs);
}
