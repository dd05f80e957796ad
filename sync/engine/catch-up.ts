import { comesBefore } from '../core/before.ts';
import { isExpired, SyncError } from '../core/errors.ts';
import { mappingsOfEntity } from '../core/home.ts';
import { sides } from '../core/sides.ts';
import type { MappingName, Side } from '../core/types.ts';
import { type Backlog, dropBacklog, goOnElsewhere, openBacklogs, ringBacklog } from '../store/backlogs.ts';
import { type FeedPart, readUpTo } from './read-up-to.ts';
import type { EngineParts } from './step-context.ts';

/** What catching up needs beyond the engine's parts. */
export interface CatchUpParts extends EngineParts {
  readonly signal: AbortSignal;
  readonly report: (error: unknown, what?: string) => void;
  /** The feed has forgotten where the flow stopped: the flow has to be walked as a whole. */
  readonly onExpired: (mapping: MappingName) => Promise<void>;
  /** A flow has caught up with a feed: what it rang may be taken, if that was the last. */
  readonly onCaughtUp: () => Promise<void>;
}

/**
 * Has flows that go on after a pause read what was captured without them, part by part: each rings its lanes and moves
 * the flow's cursor in one, so that whoever comes after a death goes on there. Live work goes first.
 */
export async function catchUp(parts: CatchUpParts): Promise<void> {
  if (!Object.values(parts.mappings).some(({ name }) => parts.settings.isBehind(name))) return;
  await goOnElsewhere(parts.sql);
  const done = await Promise.allSettled(sides.map((side) => catchUpWith(parts, side)));
  const failed = done.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
}

async function catchUpWith(parts: CatchUpParts, side: Side): Promise<void> {
  for (const backlog of await openBacklogs(parts.sql, side)) {
    if (parts.signal.aborted) return;
    try {
      await read(parts, backlog);
    } catch (error) {
      if (!isExpired(error)) throw error;
      // First the run: whoever dies in between leaves one too many.
      await parts.onExpired(backlog.mapping);
      await dropBacklog(parts.sql, backlog);
      parts.report(
        error,
        `${backlog.mapping} is reconciled, since its pause was longer than the ${side} feed`,
      );
    }
    await parts.onCaughtUp();
  }
}

async function read(parts: CatchUpParts, backlog: Backlog): Promise<void> {
  const { sql, connectors, traffic, signal } = parts;
  const { mapping, side, upTo } = backlog;
  let { cursor } = backlog;
  const mappingsOf = (entity: string): MappingName[] =>
    mappingsOfEntity(parts.mappings, side, entity).map(({ name }) => name);
  for await (const part of readUpTo(connectors[side], cursor, upTo, signal)) {
    if (cursor === null) checkBegin(part);
    await traffic.giveWay();
    const changes = part.changes.filter(({ entity }) => mappingsOf(entity).includes(mapping));
    if (!(await ringBacklog(sql, { ...backlog, cursor }, { ...part, changes, mappingsOf }))) return;
    cursor = part.cursor;
  }
}

/** Who was paused before a feed's first change has no cursor that could expire: then the first one kept has to be the first. */
function checkBegin({ changes, cursor }: FeedPart): void {
  const first = changes[0]?.cursor ?? cursor;
  if (comesBefore('1', first))
    throw new SyncError('CURSOR_EXPIRED', `The feed's first change is gone; it begins with ${first} by now.`);
}
