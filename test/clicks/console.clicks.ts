import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pages } from '../../console/page.ts';
import { startHouse } from '../e2e/house.ts';
import { openPage, type Page } from './page.ts';

// The console as an operator has it: in a browser, by words, clicks and keys. What came of it is asked of the graph.

let closed = false;
const house = await startHouse({
  pages: pages(),
  // An ERP that refuses to write customers while a period is closed.
  before: async ({ erp }) => {
    const write = erp.write.bind(erp);
    const failure = { code: 'STATE', message: 'The period is closed. Open it in the ERP.' } as const;
    Object.assign(erp, {
      write: (...[all, author]: Parameters<typeof write>): ReturnType<typeof write> =>
        closed && all.some(({ entity }) => entity === 'Customer')
          ? Promise.resolve(all.map(() => ({ kind: 'failed', failure })))
          : write(all, author),
    });
  },
});
const { ask } = house;
let page: Page;

beforeAll(async () => {
  page = await openPage(house.gateway.url);
});
afterAll(async () => {
  // Where there is no browser there is no page either, and that is what has failed.
  if (!page) return;
  await page.close();
  expect(page.errors).toEqual([]);
});

interface Pair {
  readonly id: string;
  readonly crmId: string;
  readonly erpId: string;
}

const create = 'mutation ($input: CreateCrmCustomerInput!) { createCrmCustomer(input: $input) { id } }';
const twin = 'query ($id: ID!) { customer(crmId: $id) { id crmId erpId link { state } } }';

/** Makes a customer in the CRM; it comes back with its counterpart, where it gets one. */
async function customer(name: string, more: object = {}): Promise<Pair> {
  const { createCrmCustomer } = await ask(create, { input: { name, ...more } });
  await house.sync.quiet();
  return (await ask(twin, { id: createCrmCustomer.id })).customer;
}

const erpOf = async ({ crmId }: Pair): Promise<string | null> =>
  (await ask(twin, { id: crmId })).customer.erpId;

/** What all records of these pairs are called. */
const names = (...pairs: readonly Pair[]) =>
  Promise.all(
    pairs.map(({ crmId, erpId }) =>
      ask('query ($c: ID!, $e: ID!) { crmCustomer(id: $c) { name } erpCustomer(id: $e) { name } }', {
        c: crmId,
        e: erpId,
      }),
    ),
  );

const show = (flow: string, { id }: Pick<Pair, 'id'>) => page.show(`records/${flow}/${id}`);

/** Both sides change while the flow rests, so that the edits meet. */
async function bothEdit(pairs: readonly Pair[], crm: object, erp: object): Promise<void> {
  await ask('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
  for (const { crmId, erpId } of pairs) {
    const input = { id: crmId, input: crm };
    await ask(
      'mutation ($id: ID!, $input: CrmCustomerPatch!) { updateCrmCustomer(id: $id, input: $input) { id } }',
      input,
    );
    await ask(
      'mutation ($id: ID!, $input: ErpCustomerPatch!) { updateErpCustomer(id: $id, input: $input) { id } }',
      { id: erpId, input: erp },
    );
  }
  await ask('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
  await house.sync.quiet();
}

/** Nothing hangs out of the window, on a desk or on a phone. */
async function fits(): Promise<void> {
  for (const width of [1280, 390]) expect([width, await page.overflowAt(width)]).toEqual([width, []]);
}

describe('links', () => {
  test('two pairs that are linked crosswise are swapped, as the plan has shown', async () => {
    const [a, b] = [await customer('Kryss Nord AS'), await customer('Kryss Sør AS')];
    await show('customer', a);
    await page.click('Swap…');
    await page.type('no such id');
    await page.press('Enter');
    await page.reads('No link of this flow has the record no such id in the CRM. Search it by its name');
    await page.press('Escape');
    await page.click('Swap…');
    await page.type('kryss sør');
    await page.click('Kryss Sør AS');
    const shown = await page.reads('Nothing has been written yet.');
    expect(shown).toContain(`Update ERP Customer ${b.erpId}`);
    await page.click('the ERP’s stands');
    await page.reads(`Update CRM Customer ${b.crmId}`);
    await fits();
    await page.click('the CRM’s stands');
    await page.reads(`Update ERP Customer ${b.erpId}`);
    expect(await erpOf(a)).toBe(a.erpId);
    await page.click('Apply exactly this');
    await page.reads(/^Swap Kryss Nord AS and Kryss Sør AS ✕ Linked/);
    await house.sync.quiet();
    expect([await erpOf(a), await erpOf(b)]).toEqual([b.erpId, a.erpId]);
  });

  test('a swap is taken back from the audit trail, both pairs at once, with the values that it wrote over', async () => {
    const [a, b] = [await customer('Bytte Øst AS'), await customer('Bytte Vest AS')];
    const before = await names(a, b);
    const { customer: x } = await ask('query ($id: ID!) { customer(crmId: $id) { link { id } } }', {
      id: a.crmId,
    });
    const { customer: y } = await ask('query ($id: ID!) { customer(crmId: $id) { link { id } } }', {
      id: b.crmId,
    });
    await ask('mutation ($a: ID!, $b: ID!) { swapLinks(a: $a, b: $b) { outcome } }', {
      a: x.link.id,
      b: y.link.id,
    });
    await house.sync.quiet();
    await page.show('acts');
    await page.click('Swap links');
    await page.reads(/Unlinked Customer.*Unlinked Customer.*Linked Customer.*Linked Customer/);
    await fits();
    // Either of the new links stands for both.
    await page.click('Revert…', '.more-of .events > li:nth-child(3)');
    await page.reads('Nothing has been written yet.');
    await page.click('Apply exactly this');
    await page.reads('Linked Bytte');
    await house.sync.quiet();
    await page.press('Escape');
    expect(await names(a, b)).toEqual(before);
    expect([await erpOf(a), await erpOf(b)]).toEqual([a.erpId, b.erpId]);
  });

  test('a merge is followed and taken back', async () => {
    const [a, b] = [await customer('Fusjon Gammel AS'), await customer('Fusjon Ny AS')];
    const person = { firstName: 'Ola', lastName: 'Fusjon', customerId: a.crmId };
    const { createCrmContact } = await ask(
      'mutation ($input: CreateCrmContactInput!) { createCrmContact(input: $input) { id } }',
      { input: person },
    );
    await house.sync.quiet();
    const customerOf = async () =>
      (await ask('query ($id: ID!) { crmContact(id: $id) { customerId } }', createCrmContact)).crmContact
        .customerId;
    await show('customer', a);
    await page.click('Merged…');
    await page.type('fusjon ny');
    await page.click('Fusjon Ny AS');
    await page.reads(
      /Fusjon Gammel AS became one with Fusjon Ny AS.*The link ends.*Update CRM Contact.*Archive ERP Customer/,
    );
    await fits();
    await page.click('Apply exactly this');
    await page.reads('Unlinked');
    await house.sync.quiet();
    expect(await customerOf()).toBe(b.crmId);

    await page.press('Escape');
    await page.click('Revert…', '.timeline');
    await page.reads(/Update CRM Contact.*Restore ERP Customer/);
    await page.click('Apply exactly this');
    await page.reads('Linked Fusjon Gammel AS');
    await house.sync.quiet();
    expect([await customerOf(), await erpOf(a)]).toEqual([a.crmId, a.erpId]);
  });

  test('an unlinking asks which record stays, and is taken back', async () => {
    const a = await customer('Skilt AS');
    await show('customer', a);
    await page.click('Unlink…');
    await page.reads('Nothing has been written yet.');
    await page.click('only the CRM’s record');
    await page.reads(/The link ends.*Archive ERP Customer/);
    await page.click('Apply exactly this');
    await page.reads('Unlinked');
    await house.sync.quiet();
    await page.press('Escape');
    await page.reads('Ended: unlinked.');
    await page.click('Revert…', '.timeline');
    await page.reads(/The link lives again.*Restore ERP Customer/);
    await page.click('Apply exactly this');
    await page.reads('Linked Skilt AS');
    await house.sync.quiet();
    expect(await erpOf(a)).toBe(a.erpId);
  });
});

test('an edit is taken back; where a side has moved since the preview, it is previewed again', async () => {
  const pair = await customer('Angre AS', { website: 'https://one.example' });
  const edit = async (website: string) => {
    await ask(
      'mutation ($id: ID!, $website: URL) { updateCrmCustomer(id: $id, input: { website: $website }) { id } }',
      { id: pair.crmId, website },
    );
    await house.sync.quiet();
  };
  await edit('https://two.example');
  await show('customer', pair);
  await page.click('Revert…', '.timeline');
  await page.reads(/ERP Customer.*website https:\/\/two\.example → https:\/\/one\.example/);
  await edit('https://three.example');
  await page.click('Apply exactly this');
  await page.reads(/has moved from version .* since the preview/);
  expect(await websites(pair)).toEqual(['https://three.example', 'https://three.example']);
  await page.click('Preview it again');
  await page.reads(/https:\/\/three\.example → https:\/\/one\.example/);
  await page.click('Apply exactly this');
  await page.reads('Updated Angre AS');
  await house.sync.quiet();
  expect(await websites(pair)).toEqual(['https://one.example', 'https://one.example']);
});

test('a match is previewed before it is made', async () => {
  await ask('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
  const name = 'Tvilling Bygg AS';
  await ask('mutation ($name: String!) { createErpCustomer(input: { name: $name }) { id } }', { name });
  await ask('mutation ($name: String!) { createErpCustomer(input: { name: $name }) { id } }', { name });
  await ask(create, { input: { name, website: 'https://twin.example' } });
  await ask('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
  await house.sync.quiet();
  await page.show('inbox/proposals');
  await page.reads(/Tvilling Bygg AS.*same name/);
  await fits();
  await page.click('Preview…', '.proposal li');
  await page.reads(/Tvilling Bygg AS is Tvilling Bygg AS.*website — → https:\/\/twin\.example/);
  await fits();
  await page.click('Apply exactly this');
  await page.reads('Linked Tvilling Bygg AS');
  await house.sync.quiet();
  const { customers } = await ask(
    '{ customers(search: "tvilling", first: 5) { nodes { crm { website } erp { homePage } } } }',
  );
  expect(customers.nodes).toContainEqual({
    crm: { website: 'https://twin.example' },
    erp: { homePage: 'https://twin.example' },
  });
});

test('a person is erased by the keyboard alone, with a proof, and it is not offered to be taken back', async () => {
  const owner = await customer('Sletting AS');
  const input = {
    firstName: 'Synnøve',
    lastName: 'Slettmeg',
    email: 'synnove@slett.example',
    customerId: owner.crmId,
  };
  const { createCrmContact } = await ask(
    'mutation ($input: CreateCrmContactInput!) { createCrmContact(input: $input) { id } }',
    { input },
  );
  await house.sync.quiet();
  const { contact } = await ask('query ($id: ID!) { contact(crmId: $id) { id } }', createCrmContact);
  await show('contact', contact);
  await page.click('Erase…');
  await page.reads(/Erase Synnøve Slettmeg.*2 Records in both systems: emptied and archived/);
  await fits();
  // The closing button, the box that says one is sure, the reason.
  await page.press('Tab');
  await page.press('Tab');
  await page.press('Space');
  await page.press('Tab');
  expect(await page.focus()).toBe('Reason');
  await page.type('asked for it in writing');
  await page.press('Tab');
  expect(await page.focus()).toBe('Erase for good');
  await page.press('Enter');
  const said = await page.reads(/The proof, which holds no data.*: [0-9a-f]{64}/);
  expect(said).not.toContain('Synnøve');
  await fits();
  await house.sync.quiet();
  const { crmContact, acts } = await ask(
    `query ($id: ID!) { crmContact(id: $id) { firstName email archived }
      acts(last: 1, filter: { name: { eq: "erase" } }) { nodes { reason outcome detail } } }`,
    createCrmContact,
  );
  expect(crmContact).toMatchObject({ firstName: null, archived: true });
  expect(acts.nodes).toMatchObject([{ reason: 'asked for it in writing', outcome: 'DONE' }]);
  expect(said).toContain(acts.nodes[0].detail.proof);

  await show('contact', contact);
  const timeline = await page.reads('Erased', '.timeline');
  expect(timeline).not.toContain('Revert…');
});

test('another rule is tried on what has happened, set from now on, and taken back', async () => {
  const pair = await customer('Regel AS', { paymentTerms: 'NET30' });
  await bothEdit([pair], { paymentTerms: 'NET14' }, { paymentTermsCode: 'NET60' });
  await page.show('data-flow/customer');
  await page.reads('paymentTermsCode');
  await page.click('paymentTerms: ');
  await page.choose('.members select', 'CRM');
  await page.reads(
    /the rule decided 1 times? between two edits; 1 would have ended otherwise\..*Regel AS.*ERP NET60 stood NET14/,
  );
  await page.click('What would change?', '.members');
  await page.reads(/Wins: erp.* → .*Wins: crm.*It is about \d+ records/, '.members');
  await fits();
  await page.click('From now on', '.members');
  await page.reads('Set by anonymous', '.members');
  const winner = async () =>
    (await ask('{ fieldSettings(flow: CUSTOMER) { field wins by } }')).fieldSettings.find(
      ({ field }: { field: string }) => field === 'paymentTerms',
    );
  expect(await winner()).toMatchObject({ wins: 'CRM', by: 'anonymous' });
  await page.click('As the mapping declares it');
  await page.readsNoMore('Set by anonymous');
  expect((await winner())?.by ?? null).toBeNull();
});

test('conflicts are decided one by one, by a value that is typed, and together, with a rule that is taken back', async () => {
  await ask('mutation { setField(flow: CUSTOMER, field: "website", wins: INBOX) { field } }');
  const pairs: Pair[] = [];
  for (const name of ['En', 'To', 'Tre', 'Fire']) pairs.push(await customer(`Uenig ${name} AS`));
  await bothEdit(pairs, { website: 'https://crm.example' }, { homePage: 'https://erp.example' });
  const [one, two] = pairs;
  const of = ({ id }: Pair) => `.conflict:has(a[href*="${id}"])`;

  await page.show('inbox/conflicts');
  await page.reads('4 open');
  await fits();
  await page.click('ERP https://erp.example', of(one!));
  await page.reads('3 open');
  await page.click('Another value…', of(two!));
  await page.retype('not an address');
  await page.press('Enter');
  await page.reads('not an address', `${of(two!)} .problem`);
  await page.retype('https://typed.example');
  await page.press('Enter');
  await page.reads('2 open');

  await page.choose('[aria-label=Field]', 'CUSTOMER.website');
  await page.click('Take the CRM’s for all of these…');
  await page.reads(
    /2 conflicts would be decided.*ERP Website: https:\/\/erp\.example → https:\/\/crm\.example/,
  );
  await fits();
  await page.click('always from now on');
  await page.click('Decide 2');
  await page.reads('2 of 2 decided.');
  await page.press('Escape');
  await page.reads('no field was changed on both sides');
  await house.sync.quiet();
  expect(await Promise.all(pairs.map(websites))).toEqual([
    ['https://erp.example', 'https://erp.example'],
    ['https://typed.example', 'https://typed.example'],
    ['https://crm.example', 'https://crm.example'],
    ['https://crm.example', 'https://crm.example'],
  ]);

  await page.click('Rules');
  await page.reads('Website of customer always CRM');
  await page.click('Remove');
  await page.reads('No rule was made.');
  expect((await ask('{ rules { id } }')).rules).toEqual([]);
});

/** What the sides show. */
async function websites({ crmId, erpId }: Pair): Promise<readonly [string | null, string | null]> {
  const { crm, erp } = await ask(
    'query ($c: ID!, $e: ID!) { crm: crmCustomer(id: $c) { website } erp: erpCustomer(id: $e) { homePage } }',
    { c: crmId, e: erpId },
  );
  return [crm.website, erp.homePage];
}

test('what has given up runs again: all of a cause, in vain; then one, and a range', async () => {
  closed = true;
  for (const name of ['En', 'To', 'Tre', 'Fire']) await customer(`Stengt ${name} AS`);
  await page.show('inbox/dead-letters');
  await page.reads(/4 State Customer.*The period is closed/);
  await fits();
  await page.click('Retry all 4');
  await page.reads('4 run again');
  await house.sync.quiet();
  await page.reads(/4 State Customer.*Retry all 4/);

  closed = false;
  await page.click('4 State Customer');
  await page.reads(/Stengt En AS.*Request.*Stengt.*Answer.*The period is closed/);
  await page.click('Retry', '.letter');
  await page.reads(/3 State Customer/);
  await page.choose('[type=datetime-local]', '2020-01-01T00:00');
  await page.reads('Retry these 3');
  await page.choose('label + label [type=datetime-local]', '2020-01-02T00:00');
  await page.reads('Nothing gave up then');
  await page.choose('label + label [type=datetime-local]', '');
  await page.click('Retry these 3');
  await page.reads('Nothing has given up.');
  await house.sync.quiet();
  const { customers } = await ask('{ customers(search: "stengt", first: 10) { nodes { erpId } } }');
  expect(customers.nodes.map(({ erpId }: Pair) => typeof erpId)).toEqual(Array(4).fill('string'));
});

test('a backfill is previewed with samples, approved and seen to its end', async () => {
  await page.show('runs');
  await page.click('Preview a backfill');
  await page.reads(/Backfill, preview Done.*It would.*Customer/, '.run');
  await fits();
  await page.click('Approve: run it');
  await page.reads(/^Backfill Done.*It did/, '.run');
  const { runs } = await ask('{ runs { kind mode state } }');
  expect(runs.slice(0, 2)).toEqual([
    { kind: 'BACKFILL', mode: 'APPLY', state: 'done' },
    { kind: 'BACKFILL', mode: 'PREVIEW', state: 'done' },
  ]);
});

test('a code that nobody has mapped is mapped, and what waited for it goes on', async () => {
  const pair = await customer('Kode AS');
  await ask(
    'mutation ($id: ID!) { updateErpCustomer(id: $id, input: { paymentTermsCode: "NET21" }) { id } }',
    { id: pair.erpId },
  );
  await house.sync.quiet();
  await page.show('inbox/codes');
  await page.reads('NET21', '.missing');
  await fits();
  await page.choose('.missing [aria-label="CRM code"]', 'much too long for a code');
  await page.click('Map', '.missing');
  await page.reads('A code has 1 to 20 characters', '.missing .problem');
  await page.choose('.missing [aria-label="CRM code"]', 'NET14');
  await page.click('Map', '.missing');
  await page.reads('Every code that is in use is mapped.');
  await house.sync.quiet();
  const { crmCustomer } = await ask('query ($id: ID!) { crmCustomer(id: $id) { paymentTerms } }', {
    id: pair.crmId,
  });
  expect(crmCustomer).toEqual({ paymentTerms: 'NET14' });
  await page.click('Remove NET14 and NET21');
  await page.click('What would change?');
  const shown = await page.reads('Nothing is erased: records keep what they show.');
  expect(shown).toMatch(/NET14 ⇄ NET21.*It is about [1-9]\d* records?/s);
  expect(shown).toContain('Kode AS');
  await fits();
  const pairs = async () =>
    (await ask('{ codes(list: PAYMENT_TERMS) { crm erp } }')).codes.filter(
      ({ erp }: { erp: string }) => erp === 'NET21',
    );
  expect(await pairs()).toHaveLength(1);
  await page.click('Remove');
  await page.readsNoMore('NET14 ⇄ NET21');
  expect(await pairs()).toEqual([]);
});
