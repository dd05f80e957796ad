import type { SystemRecord } from '../../sync/core/types.ts';
import { decimal } from '../system/amounts.ts';
import { badInput, Refusal } from '../system/failures.ts';
import type { Fields } from '../system/model.ts';
import { primaryContacts } from '../system/primary-contact.ts';
import { type Reading, readRecords } from '../system/read.ts';
import type { Announced, Draft, FollowUp, Rules, World, Written } from '../system/rules.ts';
import { arrayLiteral, type Run } from '../system/sql-text.ts';
import { defaultOwnerOf, isIdle, mayFallToDefault } from './default-owner.ts';
import { settleOrder, settleQuote } from './documents.ts';
import { expiredQuotes } from './expiry.ts';
import { judgedByProduct } from './lines.ts';
import { type Meant, type OpenLine, openLines, productsMeant, resolveProductTexts } from './product-texts.ts';

/** The CRM's business rules. */
export const crmRules: Rules = {
  sees: {
    Customer: ['currency', 'ownerId'],
    Contact: ['customerId'],
    User: ['fullName', 'active'],
    Product: [
      'sku',
      'name',
      'status',
      'baseUnit',
      'salesUnits',
      'listPrice',
      'priceCurrency',
      'taxCategory',
      'taxRate',
      'quantityDecimals',
    ],
    Quote: ['quoteNumber', 'revision', 'status', 'name', 'customerId', 'contactId', 'currency', 'ownerId'],
  },
  through: { User: ['Customer.ownerId'] },
  judged: judgedByProduct,
  derived: {
    Contact: {
      // A value and no `exists`, which the planner may answer by hashing all customers for a page of contacts.
      isPrimary:
        'coalesce((select c.primary_contact_id = t.id from crm.customer c where c.id = t.customer_id), false)',
    },
  },
  // A contact that goes away takes its place as primary contact with it.
  loose: ['Customer.primaryContactId'],
  prepare(run, entity, announced, { defaultOwner }) {
    if (!mayFallToDefault(entity, announced)) return [];
    const { id, fullName, email } = defaultOwner;
    return [
      run(
        `insert into crm."user" (id, full_name, email, updated_by) values ($1::text, $2::text, $3::text, 'crm') on conflict do nothing`,
        [id, fullName, email],
      ),
    ];
  },
  due: [expiredQuotes],
  facts,
  settle(draft, world) {
    const { entity } = draft;
    const { meant } = world.facts as Facts;
    if (entity === 'Customer') settleCustomer(draft, world);
    else if (entity === 'Contact') settleContact(draft);
    else if (entity === 'Product') settleProduct(draft, world);
    else if (entity === 'Quote') settleQuote(draft, seeingMeant(world), world.facts as Facts);
    else if (entity === 'Order') settleOrder(draft, seeingMeant(world), meant);
    else settleUser(draft, world);
  },
  remove(record, entity, kind, origin, { defaultOwner }) {
    if (entity !== 'User' || record.id !== defaultOwner.id || (kind !== 'delete' && origin !== 'person'))
      return;
    throw new Refusal(
      'STATE',
      `User ${record.id} is the company's default owner and cannot be ${kind === 'delete' ? 'deleted' : 'archived'}; set company.defaultOwner to somebody else first.`,
    );
  },
  followUps(written, facts) {
    const { open } = facts as Facts;
    return [
      ...primaryContacts(written),
      ...revisedQuotes(written),
      ...(open.length > 0 ? resolveProductTexts(written, open) : []),
    ];
  },
};

interface Facts {
  readonly meant: Meant;
  /** Quotes that new ones revise. */
  readonly revised: ReadonlyMap<string, SystemRecord>;
  /** Products that typed texts mean, as references. */
  readonly products: ReadonlyMap<string, Readonly<Fields>>;
  /** Products that order lines use. */
  readonly used: ReadonlySet<string>;
  readonly open: readonly OpenLine[];
  /** The company's default owner is inactive. */
  readonly defaultIsIdle: boolean;
}

const noFacts: Facts = {
  meant: new Map(),
  revised: new Map(),
  products: new Map(),
  used: new Set(),
  open: [],
  defaultIsIdle: false,
};

async function facts(
  run: Run,
  entity: string,
  announced: readonly Announced[],
  reading: Reading,
): Promise<Facts> {
  if (entity === 'Quote' || entity === 'Order') {
    const originals = announced.flatMap(({ isNew, given }) =>
      isNew && typeof given.revisionOfId === 'string' ? [given.revisionOfId] : [],
    );
    const [{ meant, rows }, revised, defaultIsIdle] = await Promise.all([
      productsMeant(run, announced),
      readRecords(run, reading, 'Quote', originals),
      mayFallToDefault(entity, announced) && isIdle(run, reading.company.defaultOwner.id),
    ]);
    return {
      ...noFacts,
      meant,
      revised,
      defaultIsIdle,
      products: new Map(rows.map((row) => [row.id as string, row])),
    };
  }
  if (mayFallToDefault(entity, announced))
    return { ...noFacts, defaultIsIdle: await isIdle(run, reading.company.defaultOwner.id) };
  if (entity !== 'Product') return noFacts;
  const renumbered = announced
    .filter(({ isNew, given }) => !isNew && given.sku !== undefined)
    .map(({ id }) => id);
  const [used, open] = await Promise.all([
    renumbered.length === 0
      ? []
      : run(
          'select distinct product_id from crm.order_line where product_id in (select unnest($1::text::text[]))',
          [arrayLiteral(renumbered)],
        ),
    openLines(run, announced),
  ]);
  return { ...noFacts, used: new Set(used.map((row) => row.product_id as string)), open };
}

function seeingMeant(world: World): World {
  const { products } = world.facts as Facts;
  if (products.size === 0) return world;
  return {
    ...world,
    find: (entity, id) =>
      world.find(entity, id) ?? (entity === 'Product' ? products.get(id as string) : undefined),
  };
}

/** A value that another system computes is shown with the instant at which it was copied. */
function stamp({ fields, before }: Draft, world: World, field: string): void {
  const was = before?.fields[field] ?? null;
  const is = fields[field] ?? null;
  if (is === null) fields[`${field}At`] = null;
  else if (was === null || !decimal(is).eq(decimal(was))) fields[`${field}At`] = world.now;
}

function settleCustomer(draft: Draft, world: World): void {
  const { fields, id, given, origin } = draft;
  const { find } = world;
  stamp(draft, world, 'balanceDue');
  fields.ownerId ??= defaultOwnerOf(world);
  const contact = given.has('primaryContactId') ? find('Contact', fields.primaryContactId) : undefined;
  if (contact && contact.customerId !== id && origin === 'person') {
    throw badInput('primaryContactId', fields.primaryContactId, 'is a contact of another customer.');
  }
}

function settleContact({ fields, before, given }: Draft): void {
  const moved = before !== null && before.fields.customerId !== fields.customerId;
  if (given.has('isPrimary')) fields.isPrimary = fields.isPrimary === true;
  else fields.isPrimary = before !== null && !moved && before.fields.isPrimary === true;
}

function settleProduct(draft: Draft, world: World): void {
  const { fields, before, id } = draft;
  stamp(draft, world, 'onHand');
  if (before && before.fields.sku !== fields.sku && (world.facts as Facts).used.has(id)) {
    throw new Refusal('STATE', `sku is frozen: order lines use ${before.fields.sku}.`, {
      field: 'sku',
      value: fields.sku!,
    });
  }
  const places = fields.quantityDecimals as number;
  if (places < 0 || places > 5) throw badInput('quantityDecimals', places, 'is not a number from 0 to 5.');
}

function settleUser({ fields, id, before, origin }: Draft, { company }: World): void {
  if (origin === 'person' && id === company.defaultOwner.id && before?.fields.active && !fields.active)
    throw new Refusal(
      'STATE',
      `active: ${id} is the company's default owner and stays active; set company.defaultOwner to somebody else first.`,
      { field: 'active', value: false },
    );
  if (fields.managerId === id) throw badInput('managerId', id, 'names the user himself.');
  if (fields.email !== null || fields.fullName === null) return;
  const name = (fields.fullName as string)
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.+|\.+$/g, '')
    .slice(0, 40);
  fields.email = `${name || 'user'}.${id.slice(-4).toLowerCase()}@${company.placeholderDomain}`;
}

/** A new revision ends the quote that it revises. */
function* revisedQuotes(written: readonly Written[]): Generator<FollowUp> {
  for (const { entity, before, after, origin } of written) {
    const original = after?.fields.revisionOfId;
    if (entity !== 'Quote' || before || typeof original !== 'string' || origin !== 'person') continue;
    yield { entity: 'Quote', id: original, change: () => ({ fields: { status: 'REVISED' } }) };
  }
}
