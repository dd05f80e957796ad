// Takes the pictures of the README: see README.md here.
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const base = (process.argv[2] ?? 'http://127.0.0.1:4000').replace(/\/$/, '');
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Chromium refuses to run as root with its sandbox; what it shows here is ours.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const page = await browser.newPage();
try {
  await takeUnifiedQuery();
  await page.setViewport({ width: 1280, height: 760 });
  await takeInbox();
  await takeAuditTrail();
  await takeRoundTrip();
  await takeSideBySide();
  await takeOverview();
} finally {
  await browser.close();
}

/** GraphiQL with the first of its examples answered. */
async function takeUnifiedQuery() {
  await page.setViewport({ width: 1500, height: 900 });
  // A click before the schema is there would be lost.
  await page.goto(`${base}/`, { waitUntil: 'networkidle0' });
  await page.waitForSelector('.graphiql-execute-button');
  await page.click('.graphiql-execute-button');
  await page.waitForFunction(() =>
    document.querySelector('.result-window')?.textContent.includes('linkedBy'),
  );
  await take('unified-query');
}

/** Fields that both sides changed while the flow stood still. The ERP's order is released: then a person decides. */
async function takeInbox() {
  const { orders } = await ask(
    '{ orders(first: 100, filter: { state: { eq: SYNCED } }) { nodes { crmId erpId erp { status } } } }',
  );
  const open = orders.nodes.filter(({ crmId, erp }) => crmId && erp?.status === 'OPEN').slice(0, 4);
  for (const { erpId } of open) await change('Erp', erpId, 'status: RELEASED');
  await ask('mutation { pauseFlow(flow: ORDER, reason: "Stock-taking until noon") { paused } }');
  for (const { crmId, erpId } of open) {
    await change('Crm', crmId, 'discountPercent: "5"', false);
    await change('Erp', erpId, 'headerDiscountPercent: "7.5"', false);
  }
  await ask('mutation { resumeFlow(flow: ORDER, reason: "Stock is taken") { paused } }');
  await show('inbox/conflicts', '.conflict .option');
  await take('inbox');
}

/** What people did by hand, one of them with what came of it. */
async function takeAuditTrail() {
  const { matchProposals } = await ask('{ matchProposals(first: 3) { nodes { id candidates { id } } } }');
  for (const { id, candidates } of matchProposals.nodes)
    await ask(
      'mutation ($id: ID!, $candidate: ID!) { resolveMatch(id: $id, candidate: $candidate, reason: "Asked them on the phone") { outcome } }',
      { id, candidate: candidates[0].id },
    );
  await show('acts', '.trail button.link');
  await page.click('.trail button.link');
  await page.waitForSelector('.more-of .events li');
  await take('audit-trail');
}

/** Every value of every customer sent to the other side and home. */
async function takeRoundTrip() {
  await show('round-trip', '.checklist-note button');
  await page.click('.checklist-note button');
  await page.waitForFunction(
    () => document.querySelector('.checklist-note button')?.textContent === 'Prove it',
  );
  await page.waitForSelector('.checklist tbody tr');
  await take('round-trip');
}

/** A phone number typed on the left, just written on the right. */
async function takeSideBySide() {
  const { customers } = await ask(
    '{ customers(first: 100, filter: { state: { eq: SYNCED } }) { nodes { id link { linkedBy { kind } } crm { phone } erp { phoneNo } } } }',
  );
  const { id } = customers.nodes.find(
    ({ link, crm, erp }) => link.linkedBy.kind === 'MATCH' && crm?.phone?.startsWith('+47') && erp?.phoneNo,
  );
  await show(`records/customer/${id}`, '.cell.crm');
  const cell = await page.waitForSelector(
    '::-p-xpath(//div[contains(@class, "cell crm")][small="phone"]/button)',
  );
  await cell.click();
  const input = await page.waitForSelector('.cell.crm .editor input');
  await input.click({ count: 3 });
  await input.type('+4722446688');
  await input.press('Enter');
  await page.waitForSelector('.cell.erp .news');
  await page.waitForSelector('::-p-xpath(//div[contains(@class, "agreed")][contains(., "+4722446688")])');
  await take('side-by-side');
}

/** Flows, both systems, and the events of what was done before. */
async function takeOverview() {
  await show('', '.events > li');
  await take('overview');
}

/** Opens a page of the console and waits for what it has to show. */
async function show(path, selector) {
  await page.goto(`${base}/console#/${path}`);
  await page.waitForSelector(selector);
}

async function take(name) {
  await page.screenshot({ path: join(import.meta.dirname, `${name}.png`) });
  console.log(`${name}.png`);
}

/** Changes an order of one system; `settled` waits until the other side shows it. */
async function change(system, id, input, settled = true) {
  const name = `update${system}Order`;
  const { [name]: record } = await ask(
    `mutation ($id: ID!) { ${name}(id: $id, input: { ${input} }) { syncToken } }`,
    { id },
  );
  if (settled) await ask('{ customers(first: 1) { totalCount } }', {}, { 'x-sync-token': record.syncToken });
}

async function ask(query, variables = {}, headers = {}) {
  const answer = await fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
  return data;
}
