import { born, edited, type Ground, newValue, twinOf } from './people.ts';
import { calm, unreliable } from './referee/faults.ts';
import type { Random } from './referee/random.ts';
import { type FlowName, flows } from './referee/shapes.ts';
import { judged } from './referee/story.ts';
import { type Life, points, type World } from './world.ts';

/** How hard a storm blows. */
export interface Storm {
  readonly edits: number;
  /** Deaths, outages, cut feeds and unknown outcomes among the edits; none where left out. */
  readonly faults?: boolean;
  /** Flows that are paused and go on among the edits; none where left out. */
  readonly pauses?: boolean;
}

const paused = ['customer', 'contact', 'product', 'quote', 'quoteOrder', 'order', 'userOrder'] as const;
const names = ['customer', 'contact', 'product', 'quote', 'order'] as const satisfies readonly FlowName[];

/**
 * Random edits on both sides, deliveries out of order, and faults. Ends with everything calm and at rest, and answers
 * what the referee finds broken.
 */
export async function storm(
  w: World,
  on: Ground,
  random: Random,
  { edits, faults = false, pauses = false }: Storm,
): Promise<readonly string[]> {
  let life: Life = await w.live();
  const fakes = [w.crm, w.erp];
  for (const fake of fakes) fake.feed.disturb(random);
  if (faults) for (const fake of fakes) fake.faults = unreliable(random, 0.03);
  for (let n = 0; n < edits; n++) {
    act(w, on, random);
    if (random.chance(0.3)) await new Promise<void>((go) => setImmediate(go));
    if (pauses && random.chance(0.25))
      await life.sync.pause(random.pick(paused), random.chance(0.6), null, 'anna');
    if (!faults) continue;
    if (random.chance(0.02)) random.pick(fakes).feed.cut();
    if (random.chance(0.02)) {
      const fake = random.pick(fakes);
      fake.down = !fake.down;
    }
    if (random.chance(0.05)) {
      if (random.chance(0.5)) life.dieAt(random.pick(points));
      await life.kill();
      await w.bury();
      life = await w.live();
    }
  }
  for (const fake of fakes) {
    fake.feed.straighten();
    Object.assign(fake, { faults: calm, down: false });
  }
  if (pauses) for (const flow of paused) await life.sync.pause(flow, false, null, 'anna');
  const closed = (): boolean => Object.values(life.sync.breakers()).every((breaker) => !breaker.open);
  const giveUp = Date.now() + 30_000;
  while (!closed() && Date.now() < giveUp) await new Promise<void>((go) => setTimeout(go, 50));
  await w.settled(life);
  // What was noted before it was written is told by now, or came to nothing.
  const open = await w.sql`select pair, changes from sync.decision`;
  const broken = [...(await judged(w)), ...open.map((note) => `a note is left: ${JSON.stringify(note)}`)];
  await life.stop();
  return broken;
}

/** One person does one thing somewhere. */
export function act(w: World, on: Ground, random: Random): void {
  const side = random.pick(['crm', 'erp'] as const);
  const flow = random.pick(names);
  const live = w.fakes[side]
    .all(flows[flow][side])
    .filter((r) => !r.archived && r.fields.status !== 'PROPOSAL');
  if (live.length < 5 || random.chance(0.1)) {
    born(w, flow, side, on);
    return;
  }
  const record = random.pick(live);
  // Deleting what is being created this moment is a case of its own.
  if (
    random.chance(0.03) &&
    twinOf(w, flow, side, record.id) !== null &&
    record.id !== on.customer[side] &&
    record.id !== on.product[side]
  ) {
    w.act(side, { kind: 'delete', entity: flows[flow][side], id: record.id });
    return;
  }
  const lines = record.fields.lines as readonly { lineId: string }[] | undefined;
  if (lines?.length && random.chance(0.2)) {
    w.act(side, {
      kind: 'update',
      entity: flows[flow][side],
      id: record.id,
      fields: {},
      lineChanges: [
        { kind: 'change', lineId: random.pick(lines).lineId, fields: { description: newValue('lamp') } },
      ],
    });
    return;
  }
  edited(w, flow, side, record.id, random);
}
