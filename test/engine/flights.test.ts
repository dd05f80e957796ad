import { expect, test } from 'vitest';
import { pollMs } from '../../sync/engine/claims.ts';
import { openRuns } from '../runs/world.ts';

interface Sent {
  readonly text: string;
  readonly from: number;
  to: number;
}

let sent: Sent[] = [];
const w = await openRuns((text) => {
  const own: Sent = { text, from: performance.now(), to: Number.POSITIVE_INFINITY };
  sent.push(own);
  return () => {
    own.to = performance.now();
  };
});

/** What a step over one pair asks and says, in the order in which it does. */
const stages = {
  'look at the link': /from sync\.link l where l\.lane/,
  'read the record in the CRM': /^select .*from "crm"\."customer" t where/s,
  'read the record in the ERP': /^select .*from "erp"\."customer" t where/s,
  'look up what they refer to': /join sync\.link l on l\.crm_id = r\.id/,
  note: /insert into sync\.decision/,
  'lock and read before the write': /for no key update of t$/,
  write: /^with quick.*for no key update\) here .*\)\s+update/s,
  record: /sync\.hold_lanes/,
};

/** Statements that were under way together are of one flight: what one of them has to wait for begins the next. */
function flightsOf(list: readonly Sent[]): string[][] {
  const flights: { names: string[]; answered: number }[] = [];
  for (const { text, from, to } of list) {
    const name = Object.entries(stages).find(([, pattern]) => pattern.test(text.trim()))?.[0];
    if (!name) continue;
    const flight = flights.at(-1);
    if (flight && from < flight.answered) {
      flight.names.push(name);
      flight.answered = Math.min(flight.answered, to);
    } else flights.push({ names: [name], answered: to });
  }
  return flights.map(({ names }) => names.sort());
}

/** A look into the queue for what may be taken, live or of runs. */
const isLook = ({ text }: Sent): boolean => text.includes('update sync.lane l set locked_until = now()');

test('edits that come one after the other are worked on without a look into the queue', async () => {
  const life = await w.live();
  const made = await w.create('crm', 'Customer', { name: 'Often' });
  await w.settled(life);
  sent = [];
  const [edits, begun] = [40, performance.now()];
  for (let n = 0; n < edits; n++) {
    await w.edit('crm', 'Customer', made.id, { name: `Often ${n}` });
    await w.settled(life);
  }
  await life.stop();
  // Now and then one looks nevertheless, for live work and for that of runs.
  const net = 5 + (2 * (performance.now() - begun)) / pollMs;
  expect(sent.filter(({ text }) => stages.record.test(text)).length).toBeGreaterThanOrEqual(edits);
  expect(sent.filter(isLook).length).toBeLessThanOrEqual(net);
});

test('an edit of a pair takes three flights: read all, note and write, record', async () => {
  const life = await w.live();
  const made = await w.create('crm', 'Customer', { name: 'First' });
  await w.settled(life);
  for (const name of ['Second', 'Third']) {
    sent = [];
    await w.edit('crm', 'Customer', made.id, { name });
    await w.settled(life);
  }
  const step = sent.findIndex(({ text }) => stages['look at the link'].test(text));
  expect(flightsOf(sent.slice(step))).toEqual([
    [
      'look at the link',
      'look up what they refer to',
      'read the record in the CRM',
      'read the record in the ERP',
    ],
    ['note', 'write'],
    ['record'],
  ]);
});
