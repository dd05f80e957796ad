import { beforeAll, describe, expect, test } from 'vitest';
import type { Write } from '../../sync/core/connector.ts';
import type { Json, Side } from '../../sync/core/types.ts';
import { isSoak } from '../support/scale.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { plain } from './same-value.ts';
import { type Fields, openWorld } from './world.ts';

/**
 * A document of a deal is edited while the deal moves on: before that in the same window, after it in the same window,
 * or after everybody has seen it. Wherever that leaves the edit it is told: the documents that follow each other show
 * it, or a conflict or an issue names it, or it was put back and an event has it. What a system refuses was told at once.
 */
const w = await openWorld();
const known = await knownRecords(w);
const { customerId, ownerId } = dealsOf(w, known);
const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;

type Doc = 'quote' | 'erpQuote' | 'erpOrder' | 'order';
type Deal = Readonly<Record<'quote' | 'erpQuote' | 'erpOrder', string>>;
const sideOf = { quote: 'crm', erpQuote: 'erp', erpOrder: 'erp', order: 'crm' } as const;
const entityOf = { quote: 'Quote', erpQuote: 'Quote', erpOrder: 'Order', order: 'Order' } as const;

interface Edit {
  readonly field: string;
  readonly on: 'header' | 'line';
  readonly crm: readonly [property: string, value: Json];
  readonly erp: readonly [property: string, value: Json];
}
const both = (property: string, value: Json) =>
  ({ field: property, crm: [property, value], erp: [property, value] }) as const;
const [, product] = known.Product;
const [, customer] = known.Customer;
const edits: readonly Edit[] = [
  { on: 'line', ...both('quantity', '9') },
  { on: 'line', ...both('unitPrice', '80') },
  { on: 'line', field: 'productId', crm: ['productId', product.crm], erp: ['productId', product.erp] },
  { on: 'line', field: 'unit', crm: ['unit', 'HUR'], erp: ['unitCode', 'HOUR'] },
  { on: 'line', field: 'taxCategory', crm: ['taxCategory', 'Z'], erp: ['vatProductGroup', 'ZERO'] },
  {
    on: 'line',
    field: 'discountPercent',
    crm: ['discountPercent', '10'],
    erp: ['lineDiscountPercent', '10'],
  },
  {
    on: 'line',
    field: 'discountAmount',
    crm: ['discountAmount', '10.00'],
    erp: ['lineDiscountAmount', '10.00'],
  },
  { on: 'line', ...both('description', 'Lamp, blue') },
  {
    on: 'header',
    field: 'discountPercent',
    crm: ['discountPercent', '5'],
    erp: ['headerDiscountPercent', '5'],
  },
  { on: 'header', field: 'freightAmount', crm: ['freightAmount', '30.00'], erp: ['unitPrice', '30.00'] },
  { on: 'header', field: 'customerId', crm: ['customerId', customer.crm], erp: ['customerId', customer.erp] },
  { on: 'header', field: 'paymentTerms', crm: ['paymentTerms', 'NET45'], erp: ['paymentTermsCode', 'NET45'] },
];

type Act = (deal: Deal) => Promise<unknown>;
const set =
  (doc: 'quote' | 'erpQuote' | 'erpOrder', fields: Fields): Act =>
  (deal) =>
    w.edit(sideOf[doc], entityOf[doc], deal[doc], fields);
const confirm = set('erpOrder', { status: 'OPEN' });
const release = set('erpOrder', { status: 'RELEASED' });
const accept = set('quote', { status: 'ACCEPTED' });
const ship: Act = async ({ erpOrder }) => {
  const [line] = await w.lines('erp', 'Order', erpOrder);
  await w.editLines('erp', 'Order', erpOrder, [
    { kind: 'change', lineId: line!.lineId, fields: { quantityShipped: '1' } },
  ]);
};
const order: Act = async ({ quote }) =>
  w.create('crm', 'Order', {
    customerId,
    ownerId,
    quoteId: quote,
    lines: (await w.lines('crm', 'Quote', quote)).map(({ lineId, productId, quantity, unitPrice }) => ({
      productId: productId!,
      quantity: quantity!,
      unitPrice: unitPrice!,
      quoteLineId: lineId,
    })),
  });
const acts: Readonly<Record<string, readonly Act[]>> = {
  accepted: [accept],
  confirmed: [confirm],
  'confirmed and released': [confirm, release],
  'confirmed, released and shipped': [confirm, release, ship],
  'confirmed, released and put on hold': [
    confirm,
    release,
    set('erpOrder', { status: 'ON_HOLD', holdReasonCode: 'CREDIT' }),
  ],
  'released and reopened': [confirm, release, confirm],
  'cancelled as a PROPOSAL': [set('erpOrder', { status: 'CANCELLED' })],
  'confirmed and cancelled': [confirm, set('erpOrder', { status: 'CANCELLED' })],
  'accepted, confirmed and cancelled': [accept, confirm, set('erpOrder', { status: 'CANCELLED' })],
  declined: [set('quote', { status: 'DECLINED' })],
  'cancelled in the CRM': [set('quote', { status: 'CANCELLED' })],
  'cancelled as an ERP quote': [set('erpQuote', { status: 'CANCELLED' })],
  'accepted and ordered': [accept, order],
  'accepted, ordered and released': [accept, order, confirm, release],
};

interface Case {
  readonly doc: 'quote' | 'erpQuote' | 'erpOrder';
  readonly act: string;
  readonly when: 'before' | 'after' | 'a window later' | 'a window later by an import';
  readonly edit: Edit;
}
const inTurn = (['erpQuote', 'quote', 'erpOrder'] as const).flatMap((doc) =>
  Object.keys(acts).flatMap((act) =>
    (['before', 'after', 'a window later', 'a window later by an import'] as const).map((when) => ({
      doc,
      act,
      when,
    })),
  ),
);
/** Every document, act and time; what is edited takes turns, but for the case that lost an edit, which has them all. In the soak every edit takes every place: 2,016 cases, some minutes. */
const cases: readonly Case[] = isSoak
  ? inTurn.flatMap((each) => edits.map((edit) => ({ ...each, edit })))
  : [
      ...inTurn.map((each, n) => ({ ...each, edit: edits[n % edits.length]! })),
      ...edits.map(
        (edit) => ({ doc: 'erpQuote', act: 'confirmed and released', when: 'before', edit }) as const,
      ),
    ];

/** The line that an edit is about, by the lines' order on every document; of freight in the ERP its charge line. */
async function lineOf(doc: Doc, id: string, { field }: Edit) {
  const lines = await w.lines(sideOf[doc], entityOf[doc], id);
  if (field !== 'freightAmount') return lines[0];
  return lines.find(({ lineCode }) => lineCode === 'FREIGHT');
}

const isFreightLine = (doc: Doc, { field }: Edit): boolean =>
  field === 'freightAmount' && sideOf[doc] === 'erp';

async function writeOf({ doc, edit }: Case, deal: Deal): Promise<Write> {
  const [property, value] = edit[sideOf[doc]];
  const at = { kind: 'update', entity: entityOf[doc], id: deal[doc] } as const;
  if (isFreightLine(doc, edit)) {
    const fields = {
      type: 'CHARGE',
      lineCode: 'FREIGHT',
      description: 'Freight',
      quantity: '1',
      unitPrice: value,
    };
    return { ...at, fields: {}, lineChanges: [{ kind: 'add', fields }] };
  }
  if (edit.on === 'header') return { ...at, fields: { [property]: value } };
  const line = (await lineOf(doc, deal[doc], edit))!;
  return {
    ...at,
    fields: {},
    lineChanges: [{ kind: 'change', lineId: line.lineId, fields: { [property]: value } }],
  };
}

/** Whether a document shows the edit. */
async function shows(doc: Doc, id: string, edit: Edit): Promise<boolean> {
  const side: Side = sideOf[doc];
  const [property, value] = edit[side];
  const at =
    edit.on === 'line' || isFreightLine(doc, edit)
      ? await lineOf(doc, id, edit)
      : await w.fields(side, entityOf[doc], id);
  return JSON.stringify(plain(at?.[property] ?? null)) === JSON.stringify(plain(value));
}

/** What is said of a field of a deal, wherever it is said. */
async function toldOf({ quote, erpOrder }: Deal, field: string) {
  const links = [
    ...(await w.links({ id: quote, live: false })),
    ...(await w.links({ id: erpOrder, mapping: 'order' })),
  ].map(({ id }) => id);
  const of = async <T>(read: (link: string) => PromiseLike<readonly T[]>): Promise<readonly T[]> =>
    (await Promise.all(links.map((id) => read(id)))).flat();
  const conflicts = await of(w.conflicts);
  const issues = await of(w.issues);
  const events = await of(w.events);
  return {
    open:
      conflicts.some((each) => each.field === field) ||
      issues.some((each) => each.code === 'LATE_EDIT' && each.field === field),
    event: events.some(({ fields }) => fields.some((each) => each.field === field && 'lost' in each)),
  };
}

describe('an edit of a deal that moves on is nowhere lost and nowhere silent', () => {
  const deals: Deal[] = [];
  const refused = new Set<Case>();

  const edit = async (each: Case, deal: Deal): Promise<void> => {
    const origin = each.when.endsWith('import') ? 'import' : 'person';
    const result = await w.tryWrite(sideOf[each.doc], await writeOf(each, deal), { actor: 'anna', origin });
    if (result.kind === 'failed') refused.add(each);
  };
  const paused = async (on: boolean): Promise<void> => {
    for (const flow of flows) await w.sync.pause(flow, on, on ? 'one window' : null, 'test');
  };

  beforeAll(async () => {
    const made = await w.writeAll(
      'crm',
      cases.map(() => ({
        kind: 'create',
        entity: 'Quote',
        fields: {
          customerId,
          ownerId,
          lines: [{ productId: known.Product[0].crm!, quantity: '3', unitPrice: '100' }],
        },
      })),
    );
    await w.settled();
    for (const { id } of made)
      deals.push({
        quote: id,
        erpQuote: await w.twin('quote', 'crm', id),
        erpOrder: await w.twin('quoteOrder', 'crm', id),
      });
    await paused(true);
    for (const [n, each] of cases.entries()) {
      if (each.when === 'before') await edit(each, deals[n]!);
      for (const act of acts[each.act]!) await act(deals[n]!);
      if (each.when === 'after') await edit(each, deals[n]!);
    }
    await paused(false);
    await w.settled();
    for (const [n, each] of cases.entries())
      if (each.when.startsWith('a window later')) await edit(each, deals[n]!);
    await w.settled();
  }, 590_000);

  test.for(cases.map((each, n) => ({ ...each, n })))(
    '$edit.field ($edit.on) of $doc, edited $when: $act',
    async ({ n, doc, when }) => {
      const [each, deal] = [cases[n]!, deals[n]!];
      if (refused.has(each)) return;
      const crmOrder = (await w.links({ id: deal.erpOrder, mapping: 'order' }))[0]?.crmId;
      const locked = (await w.fields('erp', 'Quote', deal.erpQuote)).status === 'ACCEPTED';
      const isLater = when.startsWith('a window later');
      /** Documents that follow each other from there on: an accepted ERP quote is locked, an ordered CRM quote is history. */
      const follow: readonly Doc[] = (['quote', 'erpQuote', 'erpOrder', 'order'] as const).filter(
        (other) =>
          other === doc ||
          (other === 'order'
            ? crmOrder && doc !== 'quote'
            : other === 'erpQuote'
              ? !(isLater && locked)
              : other === 'quote'
                ? !(isLater && crmOrder)
                : true),
      );
      const all = await Promise.all(
        follow.map((other) => shows(other, other === 'order' ? crmOrder! : deal[other], each.edit)),
      );
      const told = await toldOf(deal, each.edit.field);
      const shown = follow.filter((_, i) => all[i]);
      const isTold = shown.length === follow.length || (shown.includes(doc) ? told.open : told.event);
      expect({ follow, shown, told, isTold }).toEqual({ follow, shown, told, isTold: true });
    },
  );
});
