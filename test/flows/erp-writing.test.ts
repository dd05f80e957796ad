import { expect, test } from 'vitest';
import { pairsOf } from './pairs.ts';
import { openWorld } from './world.ts';

// The ERP keeps texts and codes of its own, where the CRM has a web address and a language tag.

const w = await openWorld();
const { pair } = pairsOf(w);
const always = { validFrom: null, validTo: null };

test("a mapped language travels as the ERP's own code, both ways", async () => {
  await w.sync.setCode({ list: 'language', crm: 'nb-NO', erp: 'NOR', ...always }, 'test');
  await w.sync.setCode({ list: 'language', crm: 'en-US', erp: 'ENU', ...always }, 'test');
  const ids = await pair({ name: 'Speaks Norwegian', language: 'nb-NO' });
  expect((await w.fields('erp', 'Customer', ids.erp)).languageCode).toBe('NOR');
  await w.edit('erp', 'Customer', ids.erp, { languageCode: 'ENU' });
  await w.settled();
  expect((await w.fields('crm', 'Customer', ids.crm)).language).toBe('en-US');
  await w.edit('crm', 'Customer', ids.crm, { language: 'sv-SE' });
  await w.settled();
  expect((await w.fields('erp', 'Customer', ids.erp)).languageCode).toBe('sv-SE');
});

test('a language tag longer than the code of the ERP is an issue, never cut', async () => {
  const ids = await pair({ name: 'Speaks at length', language: 'de-CH' });
  await w.edit('crm', 'Customer', ids.crm, { language: 'de-CH-1996-fonipa', legalName: 'Still travels' });
  await w.settled();
  expect(await w.fields('erp', 'Customer', ids.erp)).toMatchObject({
    languageCode: 'de-CH',
    legalName: 'Still travels',
  });
  const issues = await w.sql`select field from sync.issue where link_id = ${ids.link} and closed_at is null`;
  expect(issues).toEqual([{ field: 'language' }]);
});

test('a home page typed without its scheme gets one in the CRM', async () => {
  const ids = await pair({ name: 'On the web' });
  await w.edit('erp', 'Customer', ids.erp, { homePage: 'WWW.Web.example/About' });
  await w.settled();
  expect((await w.fields('crm', 'Customer', ids.crm)).website).toBe('https://www.web.example/About');
  expect((await w.fields('erp', 'Customer', ids.erp)).homePage).toBe('WWW.Web.example/About');
});
