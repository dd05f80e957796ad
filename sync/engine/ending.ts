import { SyncError } from '../core/errors.ts';
import { ringChildren } from '../store/children.ts';
import { closeProposals, type Ended, endLiving, revive } from '../store/endings.ts';
import { type NewEvent, tellEvents } from '../store/events.ts';
import { type Ring, ring } from '../store/lanes.ts';
import { type LinkRow, linksById } from '../store/links.ts';
import { hideLone, savingLone } from '../store/lone.ts';
import { closeNotBack } from '../store/not-back.ts';
import { saveLinks } from '../store/save-links.ts';
import type { Tx } from '../store/sql.ts';
import { releaseWaiting } from '../store/waits.ts';
import { loneOfEnded } from './lone.ts';
import { refKey } from './records.ts';
import type { EngineParts } from './step-context.ts';
import { handOn } from './tell.ts';
import { refsOfLink } from './work.ts';

/** Links that end other than by a step's record: by an act, or because another link takes their record over. */
export interface Ending {
  readonly ids: readonly string[];
  /** As the link says it from then on: `merged`, `superseded`, `unlinked`. */
  readonly by: string;
  readonly cause: NewEvent['cause'];
  readonly correlationId?: string | undefined;
  /** What the events tell besides who ended them. */
  readonly detail?: NewEvent['detail'];
  readonly fields?: NewEvent['fields'];
  /** Only those that have one record so far: one that found its counterpart meanwhile goes on. */
  readonly alone?: boolean;
  /** Each of them has to live still, or nothing is done. */
  readonly all?: boolean;
  /** Stored with it: what takes their place. */
  readonly saving?: readonly LinkRow[];
  /** Lanes to be worked on with it. */
  readonly rings?: readonly Ring[];
  /** Links whose open proposals are decided with it. */
  readonly decided?: readonly string[];
  /** Noted with it, first of all. */
  readonly noting?: (tx: Tx) => Promise<void>;
}

/** The mapping under which an event is told: users are told of with their orders. */
export const toldAs = (mapping: NewEvent['mapping']): NewEvent['mapping'] =>
  mapping === 'user' ? 'userOrder' : mapping;

/**
 * Ends links and tells of each that did, all in one transaction: nothing ends without a word, or without what takes its
 * place. What no other link takes over goes on alone. Links that had ended before are left as they are. Answers the
 * events.
 *
 * @throws NOT_FOUND where one that has to live (`all`) has ended.
 */
export async function endLinks(
  parts: Pick<EngineParts, 'sql' | 'onTold' | 'newId' | 'mappings'>,
  ...endings: readonly Ending[]
): Promise<readonly NewEvent[]> {
  const [events, told] = await parts.sql.begin(async (tx) => {
    const events = await endIn(tx, parts, endings);
    const told = tellEvents(tx, events);
    await told;
    return [events, told] as const;
  });
  await handOn(parts, events, told);
  return events;
}

/** One after the other: what one leaves alone goes on in the links that the next one stores. */
async function endIn(
  tx: Tx,
  parts: Pick<EngineParts, 'newId' | 'mappings'>,
  endings: readonly Ending[],
): Promise<readonly NewEvent[]> {
  const events: NewEvent[] = [];
  for (const ending of endings) events.push(...(await endOne(tx, parts, ending)));
  return events;
}

async function endOne(
  tx: Tx,
  parts: Pick<EngineParts, 'newId' | 'mappings'>,
  ending: Ending,
): Promise<readonly NewEvent[]> {
  const { ids, by, cause, alone = false, all = false, saving = [], rings = [], decided = [] } = ending;
  await ending.noting?.(tx);
  const actor = (cause.kind === 'mutation' && cause.actor) || 'sync';
  const over = await endLiving(tx, ids, { by, actor, alone });
  const before = all && ids.find((id) => !over.some((link) => link.id === id));
  if (before) throw new SyncError('NOT_FOUND', `Link_${before} has ended meanwhile; nothing was changed.`);
  await saveLinks(tx, saving);
  await ring(tx, rings);
  await closeProposals(tx, decided, actor);
  if (saving.length > 0) await closeNotBack(tx);
  const ended = await linksById(
    tx,
    over.map(({ id }) => id),
  );
  await hideLone(tx, ended);
  for (const statement of savingLone(tx, loneOfEnded(parts, ended))) await statement;
  // A merge moves what refers to its records itself; what was deleted is for the systems to guard.
  if (by === 'unlinked')
    await ringChildren(
      tx,
      over.map(({ id }) => id),
      cause,
    );
  // Another order of the same deal may wait for the place of one that has ended.
  const left = over.filter(({ mapping }) => mapping === 'order').map(({ lane }) => lane);
  await releaseWaiting(tx, left, { kind: 'release' });
  return over.map((link) => eventOf(parts.newId(), link, ending));
}

/** A person takes the end of a link back: it lives again, what refers to it goes on, and the log says so. Answers the event. */
export async function reviveLink(
  parts: Pick<EngineParts, 'sql' | 'onTold' | 'newId' | 'mappings'>,
  link: LinkRow,
  { reverts, ...by }: Reviving & { readonly reverts: string },
): Promise<NewEvent> {
  const [event] = await reviveLinks(parts, [{ link, reverts }], by);
  return event!;
}

/** Who takes the end of links back, and what is stored with it. */
interface Reviving extends Pick<Ending, 'cause' | 'correlationId' | 'rings' | 'noting'> {
  /** What had taken their place, and ends. */
  readonly endings?: readonly Ending[];
}

/** The same of several, all in one transaction; `reverts` names the event that each of them takes back. Answers these events. */
export async function reviveLinks(
  parts: Pick<EngineParts, 'sql' | 'onTold' | 'newId' | 'mappings'>,
  back: readonly { readonly link: LinkRow; readonly reverts: string }[],
  { cause, correlationId, rings = [], noting, endings = [] }: Reviving,
): Promise<readonly NewEvent[]> {
  const events = back.map(({ link, reverts }): NewEvent => {
    const id = parts.newId();
    return {
      id,
      mapping: toldAs(link.mapping),
      linkId: link.id,
      outcome: 'linked',
      cause,
      fields: [],
      detail: { reverts },
      attempt: 1,
      correlationId: correlationId ?? id,
    };
  });
  const ids = back.map(({ link }) => link.id);
  const names = back.flatMap(({ link }) => refsOfLink(parts, link).map(refKey));
  const [all, told] = await parts.sql.begin(async (tx) => {
    await noting?.(tx);
    const ended = await endIn(tx, parts, endings);
    await revive(tx, ids);
    await closeNotBack(tx);
    await ringChildren(tx, ids, cause);
    await releaseWaiting(tx, names, { kind: 'release' });
    await ring(tx, rings);
    const all = [...ended, ...events];
    const told = tellEvents(tx, all);
    await told;
    return [all, told] as const;
  });
  // Who began to wait for them meanwhile did not see them live, and was not seen here.
  await releaseWaiting(parts.sql, names, { kind: 'release' });
  await handOn(parts, all, told);
  return events;
}

const eventOf = (id: string, { id: linkId, mapping }: Ended, ending: Ending): NewEvent => ({
  id,
  mapping: toldAs(mapping),
  linkId,
  outcome: 'unlinked',
  cause: ending.cause,
  fields: ending.fields ?? [],
  detail: { endedBy: ending.by, ...ending.detail },
  attempt: 1,
  correlationId: ending.correlationId ?? ending.cause.id ?? id,
});
