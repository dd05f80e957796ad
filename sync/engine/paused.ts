import type { MappingName } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { isOf } from './done.ts';
import type { RecordWrite, WorkPlan } from './draft.ts';
import type { StepContext } from './step-context.ts';
import type { Work } from './work.ts';

/**
 * The flow that rests for whose links a plan would write, if any. Documents of a deal are planned together, whichever of
 * them has news: without its order a quote would be half a deal, so the deal waits until the flow goes on.
 */
export function pausedIn(
  { settings, mappings }: StepContext,
  work: Work,
  plan: WorkPlan,
): MappingName | null {
  const isPaused = ({ mapping }: LinkRow): boolean => settings.isPaused(mapping);
  const links = [...plan.drafts.map(({ link }) => link), ...work.links];
  const paused = links.filter(isPaused);
  if (paused.length === 0) return null;
  const speaksFor = (write: RecordWrite, own: readonly LinkRow[]): LinkRow | undefined =>
    own.find((link) => isOf(write, mappings[link.mapping], link));
  const pairs = links.filter((link) => !isPaused(link) && link.crmId !== null && link.erpId !== null);
  for (const write of plan.writes) {
    const link = speaksFor(write, paused);
    // What is put away as a whole is put away for any pair that has it.
    if (link && !(write.parts.length === 0 && speaksFor(write, pairs))) return link.mapping;
  }
  return null;
}
