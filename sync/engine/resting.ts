import { putBy, type RestingLane, restingDue } from '../store/resting.ts';
import { idOn } from './adopted.ts';
import { type Left, lookAgain } from './lone.ts';
import { readRecords, refOf } from './records.ts';
import { type EngineParts, runContext, type StepContext } from './step-context.ts';

/** Lanes looked at in one go. */
const batch = 250;

/**
 * Looks at records without a link whose flow is paused, so that they are shown as they are; they get a link once it goes
 * on. Lanes that were looked at are put by until then. Live work of other flows goes first.
 */
export async function lookAtResting(parts: EngineParts): Promise<void> {
  const { mappings, settings, sql } = parts;
  if (!Object.values(mappings).some(({ name }) => settings.isPaused(name))) return;
  for (let isMore = true; isMore; ) {
    const lanes = await restingDue(sql, batch);
    if (lanes.length > 0) await lookAt(runContext(parts), lanes);
    isMore = lanes.length === batch;
  }
}

async function lookAt(context: StepContext, lanes: readonly RestingLane[]): Promise<void> {
  const strangers = lanes.flatMap(({ key, mapping }) =>
    key.startsWith('rec:') ? [{ ref: refOf(key.slice('rec:'.length)), mapping }] : [],
  );
  const links = await context.linksOf(strangers.map(({ ref, mapping }) => ({ mapping, ...ref })));
  const left = strangers.flatMap((each): readonly Left[] => {
    const { ref, mapping } = each;
    const own = links.filter((link) => link.mapping === mapping && idOn(link, ref.side) === ref.id);
    return own.some(({ state }) => state !== 'ended') ? [] : [{ each, link: own[0]?.id ?? null }];
  });
  await readRecords(
    context.connectors,
    context.records,
    left.map(({ each }) => each.ref),
  );
  await lookAgain(context, left);
  await putBy(context.sql, lanes);
}
