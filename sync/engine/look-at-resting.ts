import { isExpired } from '../core/errors.ts';
import { type Look, noteLook, openLooks, strangersQueued } from '../store/backlogs.ts';
import { lookAtStrangers } from './lone.ts';
import { readUpTo } from './read-up-to.ts';
import { strangerOf } from './records.ts';
import { type EngineParts, runContext } from './step-context.ts';

/** Lanes looked at in one go. */
const batch = 250;

/**
 * Looks at records without a link whose flow is paused, so that they are shown as they are; they get a link once it goes
 * on. First at those that waited when it was paused, then at those that the feed tells of since. Live work of other flows
 * goes first.
 */
export async function lookAtResting(parts: EngineParts, signal: AbortSignal): Promise<void> {
  const { mappings, settings, sql } = parts;
  if (!Object.values(mappings).some(({ name }) => settings.isPaused(name))) return;
  for (const look of await openLooks(sql)) {
    if (signal.aborted) return;
    try {
      await lookOn(parts, look, signal);
    } catch (error) {
      if (!isExpired(error)) throw error;
      // The flow will be reconciled when it goes on, and finds them then.
      await noteLook(sql, look, look.head);
    }
  }
}

async function lookOn(parts: EngineParts, look: Look, signal: AbortSignal): Promise<void> {
  const { sql, connectors, homes } = parts;
  const { side, mapping, head } = look;
  if (look.looked === null) await lookAtQueue(parts, look);
  let { looked } = look;
  const from = looked ?? look.cursor;
  if (head === null || from === head) return void (await noteLook(sql, look, head));
  for await (const { changes, cursor } of readUpTo(connectors[side], from, head, signal)) {
    const own = changes.filter(({ entity }) => homes[side][entity] === mapping);
    const refs = new Map(own.map(({ entity, id }) => [id, { side, entity, id }]));
    await lookAtStrangers(runContext(parts), [...refs.values()]);
    if (!(await noteLook(sql, { ...look, looked }, cursor))) return;
    looked = cursor;
  }
}

async function lookAtQueue(parts: EngineParts, look: Look): Promise<void> {
  for (let after = '', isMore = true; isMore; ) {
    const keys = await strangersQueued(parts.sql, look, after, batch);
    await lookAtStrangers(
      runContext(parts),
      keys.map((key) => strangerOf(key)!),
    );
    isMore = keys.length === batch;
    after = keys.at(-1) ?? '';
  }
}
