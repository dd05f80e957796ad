import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { operatorCommands } from '../../console/operate/commands.ts';
import { childEnvironment } from '../support/child-environment.ts';
import { type Answer, startHouse } from './house.ts';

const house = await startHouse();
const { ask, sql } = house;
const { url } = house.gateway;

const root = join(import.meta.dirname, '../..');

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['console/tandem.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...childEnvironment, TANDEM_URL: url, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Runs a command to its end. */
async function tandem(args: string, env: Readonly<Record<string, string>> = {}) {
  const child = start(args.split(' '), env);
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (err += String(text)));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, out, err };
}

/** What a command prints as JSON, with its exit code. */
async function json(args: string): Promise<{ code: number | null; data: Answer }> {
  const { code, out, err } = await tandem(`${args} --json`);
  expect(err).toBe('');
  return { code, data: JSON.parse(out) };
}

async function customer(
  name: string,
  more: object = {},
): Promise<{ crmId: string; erpId: string; id: string }> {
  const { createCrmCustomer } = await ask(
    'mutation ($input: CreateCrmCustomerInput!) { createCrmCustomer(input: $input) { id } }',
    { input: { name, ...more } },
  );
  await house.sync.quiet();
  const data = await ask('query ($id: ID!) { customer(crmId: $id) { id crmId erpId } }', {
    id: createCrmCustomer.id,
  });
  return data.customer;
}

const renameErp = (id: string, name: string) =>
  ask('mutation ($id: ID!, $name: String) { updateErpCustomer(id: $id, input: { name: $name }) { id } }', {
    id,
    name,
  });

describe('what is asked', () => {
  test('status shows flows and systems, and fails where work has failed', async () => {
    await customer('Status AS');
    const { code, out } = await tandem('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^FLOW +LINKED +PENDING/);
    expect(out).toMatch(/^customer +\d+ +0 +0 +0 +0/m);
    expect(out).toMatch(/^ERP +well/m);
    const { data } = await json('status');
    expect(data.flows).toHaveLength(7);
    await sql`update sync.link set state = 'failed' where mapping = 'customer' and agreed ->> 'name' = 'Status AS'`;
    expect((await tandem('status')).code).toBe(1);
    await sql`update sync.link set state = 'synced' where mapping = 'customer' and agreed ->> 'name' = 'Status AS'`;
  });

  test('issues, and a code that is not mapped, by cause and each by itself', async () => {
    const { erpId } = await customer('Code AS');
    await ask(
      'mutation ($id: ID!) { updateErpCustomer(id: $id, input: { paymentTermsCode: "NET77" }) { id } }',
      { id: erpId },
    );
    await house.sync.quiet();
    const { code, data } = await json('issues --check');
    expect(code).toBe(1);
    expect(data).toMatchObject([
      { code: 'UNMAPPED_CODE', flow: 'CUSTOMER', field: 'paymentTerms', issues: 1 },
    ]);
    expect((await json('issues --code UNMAPPED_CODE')).data).toMatchObject([
      { value: 'NET77', unmapped: { list: 'PAYMENT_TERMS', side: 'ERP', code: 'NET77' } },
    ]);
    const waiting = await tandem('waiting');
    expect(waiting.out).toContain("Unmapped code NET77 of the ERP's paymentTerms holds 1 customer");
    await ask('mutation { setCode(list: PAYMENT_TERMS, crm: "NET77", erp: "NET77") { crm } }');
    await house.sync.quiet();
    expect(await tandem('issues --check')).toMatchObject({ code: 0, out: 'No issue is open.\n' });
  });

  test.for([
    ['conflicts', 'No field waits for a decision.'],
    ['proposals', 'No match is in doubt.'],
    ['dead-letters', 'Nothing has given up.'],
  ] as const)('%s says so where there is none', async ([command, none]) => {
    expect(await tandem(`${command} --check`)).toMatchObject({ code: 0, out: `${none}\n` });
    expect((await json(command)).data).toEqual([]);
  });

  test('dead letters by cause, and retry by code', async () => {
    const { id } = await customer('Dead AS');
    const [link] = await sql<{ id: string; lane: string }[]>`
      select id, lane from sync.link where id = ${id.slice('Customer_'.length)}`;
    await sql`insert into sync.dead_letter (id, mapping, link_id, lane, code, message, request, attempts, cause, at)
      values ('dl1', 'customer', ${link!.id}, ${link!.lane}, 'REFUSED', 'The ERP refused it.', '{"a":1}'::jsonb, 3, '{"kind":"change"}'::jsonb, now())`;
    expect((await json('dead-letters --check')).data).toMatchObject([
      { code: 'REFUSED', flow: 'CUSTOMER', letters: 1, message: 'The ERP refused it.' },
    ]);
    expect((await tandem('dead-letters --code REFUSED')).out).toContain('{"a":1}');
    expect((await json('dead-letters --code OTHER')).data).toEqual([]);
    expect(await tandem('retry --code REFUSED --preview')).toMatchObject({
      code: 0,
      out: '1 would run again.\n',
    });
    expect(await tandem('retry --code REFUSED')).toMatchObject({ code: 0, out: '1 run again.\n' });
    await house.sync.quiet();
    expect(await tandem('retry --code REFUSED')).toMatchObject({
      code: 0,
      out: 'Nothing of that has given up or failed.\n',
    });
  });

  test('dataflow as a summary and as documents', async () => {
    expect((await tandem('dataflow')).out).toMatch(/^customer +CrmCustomer +ErpCustomer +26/m);
    expect((await tandem('dataflow customer --format md')).out).toMatch(/^## /);
    const rst = await tandem('dataflow --format rst');
    expect(rst.out.match(/\.\. list-table::/g)).toHaveLength(7);
    expect(await tandem('dataflow --format pdf')).toMatchObject({
      code: 2,
      err: '--format pdf has to be md or rst.\n',
    });
  });
});

describe('what is done', () => {
  test('a paused flow drifts, a preview shows the plan, sync applies it', async () => {
    const { crmId, erpId } = await customer('Drifting AS');
    expect((await tandem('pause customer --preview')).out).toMatch(
      /^paused: false -> true\nIt is about \d+ pairs, .*\nIt stops reading both feeds\. /,
    );
    expect((await tandem('resume customer --preview')).out).toContain('Nothing: it is so already.');
    const paused = await tandem('pause customer --reason inventory');
    expect(paused).toMatchObject({ code: 0, out: expect.stringContaining('customer rests (inventory).') });
    expect((await tandem('status')).out).toMatch(/^customer .*PAUSED: inventory$/m);
    await renameErp(erpId, 'Drifted AS');
    const drift = await tandem('drift customer --check');
    expect(drift.code).toBe(1);
    expect(drift.out).toMatch(/^Drifting AS +name +Drifting AS +Drifted AS +ERP_AHEAD$/m);
    const preview = await tandem(`sync customer --crm-id ${crmId} --preview`);
    expect(preview.out).toContain(`update CRM customer ${crmId}\n  name: Drifting AS -> Drifted AS`);
    expect((await json(`sync customer --erp-id ${erpId}`)).data).toMatchObject({ outcome: 'UPDATED' });
    expect((await tandem('resume customer')).out).toBe('customer goes on.\n');
    await house.sync.quiet();
    expect((await tandem('drift customer --check')).code).toBe(0);
  });

  test.each(['drift', 'round-trip'])(
    '%s tells of a system that hangs, in place of waiting for it',
    async (report) => {
      await customer('Hung up AS');
      await sql.begin(async (tx) => {
        await tx`lock table erp.customer in access exclusive mode`;
        const { code, out } = await tandem(`${report} customer --check`);
        expect(code).toBe(1);
        expect(out).toMatch(
          /^It ends here: \d+ more pairs could not be read\. The ERP has not answered for 1\.5 s/m,
        );
      });
    },
  );

  test('a reconciliation finds what no change announced, and repairs it', async () => {
    const { crmId, erpId } = await customer('Unheard AS');
    // Past the feed: nobody tells of it.
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update erp.customer set name = 'Unheard of AS' where id = ${erpId}`;
    });
    const found = await tandem('reconcile --flows customer');
    expect(found.code).toBe(1);
    expect(found.out).toMatch(/^reconciliation, preview: done/);
    expect(found.out).toContain('DRIFTED');
    expect((await tandem('reconcile --flows customer --repair')).code).toBe(0);
    await house.sync.quiet();
    const data = await ask('query ($id: ID!) { crmCustomer(id: $id) { name } }', { id: crmId });
    expect(data.crmCustomer.name).toBe('Unheard of AS');
    expect((await tandem('reconcile --flows customer')).code).toBe(0);
    expect((await tandem('run')).out).toMatch(/reconciliation +done/);
  });

  test('a backfill is previewed and run', async () => {
    const { code, data } = await json('backfill --flows customer,contact --preview');
    expect([code, data.state, data.mode]).toEqual([0, 'done', 'PREVIEW']);
    expect((await tandem('backfill --flows customer')).out).toMatch(/^backfill: done, \d+ records/);
  });

  test('a code is mapped, listed and taken away, each after a preview', async () => {
    const code = 'payment-terms NET78 78D';
    const preview = await tandem(`set-code ${code} --preview`);
    expect(preview.code).toBe(0);
    expect(preview.out).toMatch(/As it would be:\nCRM +ERP +DIRECTION .*\nNET78 +78D +both/);
    expect((await tandem('codes payment-terms')).out).not.toContain('NET78');
    expect((await tandem(`set-code ${code} --until 2030-01-01 --reason terms`)).out).toBe(
      'NET78 of the CRM is 78D of the ERP (both).\n',
    );
    expect((await json('codes payment-terms')).data).toContainEqual(
      expect.objectContaining({ crm: 'NET78', erp: '78D', validTo: '2030-01-01T00:00:00Z' }),
    );
    const going = await tandem(`remove-code ${code} --preview`);
    expect(going.out).toContain('Nothing is erased: records keep what they show.');
    expect((await tandem(`remove-code ${code}`)).out).toBe(
      'NET78 of the CRM and 78D of the ERP are no pair any more.\n',
    );
    expect(await tandem(`remove-code ${code}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not map NET78 to 78D'),
    });
    expect((await tandem('acts --name removeCode')).out).toMatch(/removeCode .* done/);
  });

  test('a field and a flow are set, each after a preview, and as the mapping declares them again', async () => {
    const preview = await tandem('set-field customer phone --wins erp --preview');
    expect(preview).toMatchObject({ code: 0, err: '' });
    expect(preview.out).toMatch(/^wins: LATEST -> ERP$/m);
    expect(preview.out).toMatch(/It is about \d+ pairs, 0 open conflicts and 0 open issues/);
    const set = 'set-field customer phone --wins erp --direction to-crm --settle 2.5 --reason calls';
    expect((await tandem(set)).out).toBe(
      'customer phone: direction to-crm, winner erp, an edit rests 2.5 s.\n',
    );
    expect((await json('set-field customer phone --declared')).data).toMatchObject({
      field: 'phone',
      direction: 'BOTH',
      wins: 'LATEST',
      settleSeconds: 0,
    });
    expect((await tandem('set-flow customer --on-delete-in-crm unlink --preview')).out).toMatch(
      /^onDeleteInCrm: ARCHIVE -> UNLINK$/m,
    );
    expect((await tandem('set-flow order --create-crm-order on-acceptance')).out).toContain(
      'CRM orders on-acceptance',
    );
    await tandem('set-flow order --create-crm-order by-hand');
    expect((await tandem('acts --name setField')).out).toMatch(/setField .* done/);
  });

  test('what a field or a flow cannot be set to is refused with the choice there is', async () => {
    for (const [args, told] of [
      ['set-field customer phone', 'Say what to set'],
      ['set-field customer phone --declared --wins crm', 'Say what to set'],
      ['set-field customer phone --wins nobody', '--wins nobody has to be latest, crm, erp or inbox'],
      ['set-field customer phone --settle soon', '--settle soon has to be a number of seconds'],
      ['set-field customer phone --settle Infinity', '--settle Infinity has to be a number of seconds'],
      ['set-field customer fone --wins crm', 'The flow customer has no field fone. It has id, '],
      ['set-flow customer', 'Say what to set'],
      ['set-flow customer --rule sometimes', 'every, match, connected, never or accepted'],
      ['set-flow clients --rule match', 'There is no flow clients'],
    ] as const)
      expect([args, await tandem(args)]).toMatchObject([
        args,
        { code: 2, err: expect.stringContaining(told) },
      ]);
  });

  test('links are swapped, joined anew and ended, each after a preview', async () => {
    const [a, b] = [await customer('Crosswise A'), await customer('Crosswise B')];
    const erpOf = async (id: string) =>
      (await ask('query ($id: ID!) { customer(crmId: $id) { erpId } }', { id })).customer?.erpId ?? null;
    const both = async () => [await erpOf(a.crmId), await erpOf(b.crmId)];
    const preview = await tandem(`swap ${a.id} ${b.id} --prefer crm --preview`);
    expect(preview).toMatchObject({ code: 0, out: expect.stringContaining('WOULD BE') });
    expect(await both()).toEqual([a.erpId, b.erpId]);
    expect((await tandem(`swap ${a.id} ${b.id} --prefer crm --reason crosswise`)).code).toBe(0);
    expect(await both()).toEqual([b.erpId, a.erpId]);
    await house.sync.quiet();
    const { createErpCustomer } = await ask(
      'mutation { createErpCustomer(input: { name: "Crosswise A of old" }) { id } }',
    );
    await house.sync.quiet();
    const { customers } = await ask('{ customers(first: 100) { nodes { id crmId erpId } } }');
    const old = customers.nodes.find(({ erpId }: Answer) => erpId === createErpCustomer.id);
    expect((await tandem(`unlink ${old.id} --reason old`)).code).toBe(0);
    const link = (await ask('query ($id: ID!) { customer(crmId: $id) { id } }', { id: a.crmId })).customer.id;
    expect((await tandem(`relink ${link}`)).err).toContain('Give exactly one of --crm-id and --erp-id');
    const shown = await tandem(`relink ${link} --erp-id ${createErpCustomer.id} --preview`);
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('WOULD BE') });
    expect((await tandem(`relink ${link} --erp-id ${createErpCustomer.id}`)).code).toBe(0);
    expect(await erpOf(a.crmId)).toBe(createErpCustomer.id);
    expect((await tandem(`unlink ${b.id} --keep crm`)).code).toBe(0);
    expect(await ask('query ($id: ID!) { erpCustomer(id: $id) { archived } }', { id: a.erpId })).toEqual({
      erpCustomer: { archived: true },
    });
    expect(await tandem('unlink nobody')).toMatchObject({ code: 2, err: expect.stringContaining('nobody') });
  });

  test('erase shows how much there is, and does it when told', async () => {
    const { crmId } = await customer('Forgotten Person', { kind: 'PERSON' });
    const shown = await tandem(`erase crm customer ${crmId}`);
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('Do it with --yes.') });
    const done = await json(`erase crm customer ${crmId} --yes`);
    expect(done.data.proof).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the proof of round trips', () => {
  test('tells of every field how its values came back, and of what does not come back why', async () => {
    const { erpId } = await customer('Round AS', {
      email: 'round@trip.example',
      website: 'https://round.example',
    });
    await ask(
      'mutation ($id: ID!) { updateErpCustomer(id: $id, input: { phoneNo: "ask the switchboard" }) { id } }',
      { id: erpId },
    );
    await house.sync.quiet();
    const { code, out } = await tandem('round-trip customer --check');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^\d+ values of \d+ pairs: \d+ came back, \d+ lost what is declared, 0 broke, [1-9]\d* cannot travel\.\n/,
    );
    expect(out).toMatch(/^FIELD +CHECKED +SAME +NORMALISED +LOSSY +BROKEN +HELD +WHAT GETS LOST/m);
    expect(out).toMatch(/^email +[1-9]/m);
    expect(out).toMatch(/ phone +ERP +ask the switchboard .* HELD +/);
    const { data } = await json('round-trip customer --limit 1');
    expect(data).toMatchObject({ pairs: 1, broken: 0 });
    expect(data.fields.find(({ field }: Answer) => field === 'name').checked).toBe(2);
    expect(await tandem('round-trip customer --limit none')).toMatchObject({ code: 2 });
  });
});

describe('the audit trail', () => {
  test('tells who did what and why, and what was refused', async () => {
    expect((await tandem('pause contact --reason moving')).code).toBe(0);
    expect((await tandem('resume contact --reason moved')).code).toBe(0);
    expect((await tandem('retry DeadLetter_nobody --reason hope')).code).toBe(1);
    expect((await tandem('run Run_nobody --cancel')).code).toBe(2);
    const { out } = await tandem('acts --last 4');
    expect(out).toMatch(/^AT +WHO +DID +TO +OUTCOME +REASON\n/);
    expect(out).toMatch(/ anonymous +pauseFlow +CONTACT +done +moving\n/);
    expect(out).toMatch(/ anonymous +resumeFlow +CONTACT +done +moved\n/);
    expect(out).toMatch(/ anonymous +retry +DeadLetter_nobody +done +hope\n/);
    expect(out).toMatch(/ anonymous +cancelRun +Run_nobody +refused BAD_USER_INPUT +-\n/);
    expect((await json('acts --name pauseFlow')).data.at(-1)).toMatchObject({
      name: 'pauseFlow',
      actor: 'anonymous',
      reason: 'moving',
      outcome: 'DONE',
    });
    expect((await json('acts --refused --last 1 --check')).code).toBe(1);
    expect(await tandem('acts --actor nobody')).toMatchObject({
      code: 0,
      out: 'Nothing of that was done by hand.\n',
    });
  });
});

describe('events', () => {
  test('are told from a cursor on and as they come, a line of JSON each', async () => {
    const { crmId, erpId } = await customer('Told AS');
    const { data: last } = await json('events --last 1');
    const child = start(['events', '--after', last[0].cursor, '--json']);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await renameErp(erpId, 'Told again AS');
    const event = JSON.parse((await lines.next()).value!);
    expect(event).toMatchObject({
      outcome: 'UPDATED',
      link: { crmId, title: 'Told again AS' },
      fields: [{ field: 'name', side: 'CRM', before: 'Told AS', after: 'Told again AS', winner: 'ERP' }],
    });
    const ended = new Promise((done) => child.once('close', done));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });

  test('status --watch tells when a flow changes', async () => {
    const child = start(['status', '--watch', '--json']);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const pausedNow = async () =>
      JSON.parse((await lines.next()).value!).flows.find(({ flow }: Answer) => flow === 'PRODUCT').paused;
    expect(await pausedNow()).toBe(false);
    await ask('mutation { pauseFlow(flow: PRODUCT) { paused } }');
    while (!(await pausedNow()));
    await ask('mutation { resumeFlow(flow: PRODUCT) { paused } }');
    while (await pausedNow());
  });
});

describe('mistakes', () => {
  test.for([
    [
      'status --url http://127.0.0.1:9',
      3,
      /^The gateway is not reachable at http:\/\/127\.0\.0\.1:9\/graphql.*--url/,
    ],
    ['status --url ftp://x', 2, /TANDEM_URL=ftp:\/\/x has to be an address/],
    [
      'pause custmer',
      2,
      /^There is no flow custmer\. There are customer, contact, product, quote, quote-order, order and user-order\.$/m,
    ],
    ['sync custmer --id Customer_1', 2, /^There is no flow custmer\./],
    ['backfill --preview --flows customer,bad', 2, /^There is no flow bad\./],
    ['events --flow bad', 2, /^There is no flow bad\./],
    ['drift bad', 2, /^There is no flow bad\./],
    ['sync order --id Order_1 --prefer left', 2, /^--prefer left has to be crm or erp\.$/m],
    ['erase left contact 1', 2, /^The side left has to be crm or erp\.$/m],
    ['erase crm order 1', 2, /^The entity order has to be contact, customer or user\.$/m],
    ['erase crm contact none', 2, /^The CRM has no Contact none\.$/m],
    ['run Run_none', 2, /There is no run Run_none; runs lists the latest/],
    ['run --cancel', 2, /^Say which run to end: tandem run <id> --cancel\./],
    ['run --rerun-failed', 2, /^Say of which run/],
    ['nonsense', 2, /unknown command 'nonsense'/],
    ['schema nonsense', 2, /unknown command 'nonsense'/],
    [`status --url ${url}/console`, 3, /^What answers at .*\/console is no GraphQL gateway/],
    ['sync customer', 2, /^Give exactly one of --id, --crm-id and --erp-id/],
    ['sync customer --id Customer_none', 2, /Customer_none/],
    ['retry', 2, /^Say what to retry/],
    ['drift customer --limit none', 2, /^--limit none has to be a whole number of pairs, at least 1\./],
    ['drift customer --limit 1.5', 2, /^--limit 1\.5 has to be a whole number of pairs/],
    ['events --last 101', 2, /^--last 101 has to be a whole number of events, from 1 to 100\./],
    ['events --last 0', 2, /^--last 0 has to be a whole number of events, from 1 to 100\./],
    ['events --follow --last 101', 2, /^--last 101 has to be a whole number of events, from 0 to 100\./],
    ['codes foo', 2, /^There is no code list foo\. There are units, tax, tax-treatment, .* and currency\.$/m],
    ['set-code foo a b', 2, /^There is no code list foo\./],
    ['remove-code foo a b', 2, /^There is no code list foo\./],
    ['acts --name foo', 2, /^There is no act foo\. There are syncCustomer, .* and erase\.$/m],
    ['acts --link foo', 2, /^There is no link or unified record foo\. /],
    ['acts --link Customer_nothing', 2, /^There is no link or unified record Customer_nothing\. /],
    ['pause', 2, /missing required argument 'flow'/],
    ['events --after nonsense', 2, /cursor/],
  ] as const)('tandem %s', async ([args, code, message]) => {
    const { err, ...rest } = await tandem(args);
    expect([args, rest.code]).toEqual([args, code]);
    expect(err).toMatch(message);
  });

  test('what finds nothing says of what', async () => {
    expect((await tandem('issues --code NONE')).out).toBe('No issue of the code NONE is open.\n');
    expect((await tandem('dead-letters --code NONE --flow order')).out).toBe(
      'Nothing of the code NONE in the flow order has given up.\n',
    );
    expect((await tandem('acts --actor nobody')).out).toBe('Nothing of that was done by hand.\n');
    const { id } = await customer('Untouched AS');
    expect((await tandem(`acts --name unlink --link ${id}`)).out).toBe('Nothing of that was done by hand.\n');
  });

  test('every command tells its options', async () => {
    const { out } = await tandem('--help');
    for (const { name } of operatorCommands) expect(out).toContain(`\n  ${name.split(' ')[0]} `);
  });
});
