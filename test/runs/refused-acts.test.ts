import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../sync/core/connector.ts';
import { refusing } from './refusing.ts';
import { openRuns } from './world.ts';

const w = await openRuns();
/** What the systems refuse at this moment, as those do that have rules the sync knows nothing of. */
let refuses: (write: Write) => boolean = () => false;
const life = await w.live((_, connector) => refusing(connector, (write) => refuses(write)));
afterAll(() => life.stop());
const { sync } = life;
const ask = { mode: 'apply', actor: 'anna' } as const;
beforeEach(() => {
  refuses = () => false;
});

const made = async (name: string) => {
  const { id } = await w.create('crm', 'Customer', { name });
  await w.settled(life);
  const [link] = await w.sql<{ id: string; erpId: string }[]>`
    select id, erp_id as "erpId" from sync.link where crm_id = ${id} and mapping = 'customer'`;
  return { id, ref: { side: 'crm', entity: 'Customer', id } as const, link: link! };
};
const eventOf = async (link: string, outcome: string) =>
  (
    await w.sql<{ id: string }[]>`select id from sync.event where link_id = ${link} and outcome = ${outcome}`
  )[0]!.id;

describe('what a system refuses of an act is told to whoever asked for it', () => {
  it('unlinking, whose other record should be put away', async () => {
    const { link } = await made('Not to be put away');
    refuses = ({ kind }) => kind === 'archive';
    await expect(sync.unlink(link.id, 'crm', ask)).rejects.toThrow(
      `The link has ended, but the ERP keeps Customer ${link.erpId}: Not this one.`,
    );
    expect((await w.read('erp', 'Customer', link.erpId))!.archived).toBe(false);
  });

  it('taking that back, whose other record should come back', async () => {
    const { link } = await made('Not to come back');
    await sync.unlink(link.id, 'crm', ask);
    refuses = ({ kind }) => kind === 'restore';
    await expect(sync.revert(await eventOf(link.id, 'unlinked'), null, ask)).rejects.toThrow(
      `Nothing is taken back, since the ERP does not restore Customer ${link.erpId}: Not this one.`,
    );
  });

  it('a merge, whose counterpart should be put away', async () => {
    const [from, into] = [await made('Merges into'), await made('The other')];
    refuses = ({ kind }) => kind === 'archive';
    await expect(sync.followMerge(from.ref, into.ref, ask)).rejects.toThrow(
      `The link has ended, but the ERP keeps Customer ${from.link.erpId}: Not this one.`,
    );
  });

  it('taking a merge back: first the counterpart, then what was moved', async () => {
    const [from, into] = [await made('Merged by mistake'), await made('Stays the other')];
    const contact = await w.create('crm', 'Contact', { lastName: 'Moves along', customerId: from.id });
    await w.settled(life);
    await sync.followMerge(from.ref, into.ref, ask);
    await w.settled(life);
    const merged = await eventOf(from.link.id, 'unlinked');
    refuses = ({ kind }) => kind === 'restore';
    await expect(sync.revert(merged, null, ask)).rejects.toThrow(
      `Nothing is taken back, since the ERP does not restore Customer ${from.link.erpId}: Not this one.`,
    );
    refuses = (write) => write.kind === 'update' && write.id === contact.id;
    await expect(sync.revert(merged, null, ask)).rejects.toThrow(
      `The link lives again, but the CRM keeps Contact ${contact.id} with the other record: Not this one.`,
    );
  });
});
