import { beforeAll, describe, expect, test } from 'vitest';
import type { Json, Side } from '../../sync/core/types.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { plain } from './same-value.ts';
import { type Fields, openWorld } from './world.ts';

/**
 * A quote gets a new revision while an ERP document of its deal is edited, both before the sync comes to either. The
 * revision is an edit of the quote: field by field the mapping says whose value stands, and an event has both.
 */
const w = await openWorld();
const { product, quoted } = dealsOf(w, await knownRecords(w));
const flows = ['quote', 'quoteOrder', 'order', 'userOrder'] as const;

type Doc = 'erpQuote' | 'erpOrder';
const entityOf = { erpQuote: 'Quote', erpOrder: 'Order' } as const;

interface Field {
  readonly field: string;
  readonly on: 'header' | 'line';
  readonly erp: string;
  readonly wins: 'latest' | 'crm' | 'erp';
  /** At first, in the revision, in the ERP. */
  readonly values: readonly [Json, Json, Json];
  /** Spellings of the ERP, where they are others. */
  readonly spelt?: Readonly<Record<string, string>>;
}
const date = ['2027-01-01', '2027-02-02', '2027-03-03'] as const;
const tax = { S: 'STANDARD', Z: 'ZERO', E: 'EXEMPT' } as const;
const line = { on: 'line' } as const;
const head = { on: 'header' } as const;
const ofBoth: readonly Field[] = [
  {
    ...head,
    field: 'requestedDeliveryDate',
    erp: 'requestedDeliveryDate',
    wins: 'latest',
    values: date,
  },
  {
    ...head,
    field: 'paymentTerms',
    erp: 'paymentTermsCode',
    wins: 'erp',
    values: ['NET30', 'NET45', 'NET60'],
  },
  { ...line, field: 'quantity', erp: 'quantity', wins: 'latest', values: ['3', '6', '9'] },
  { ...line, field: 'description', erp: 'description', wins: 'latest', values: ['Lamp', 'Blue', 'Red'] },
  { ...line, field: 'unitPrice', erp: 'unitPrice', wins: 'crm', values: ['100', '90', '80'] },
  { ...line, field: 'taxCategory', erp: 'vatProductGroup', wins: 'erp', values: ['S', 'Z', 'E'], spelt: tax },
];
const fields: Readonly<Record<Doc, readonly Field[]>> = {
  erpQuote: [
    ...ofBoth,
    { ...head, field: 'notes', erp: 'workDescription', wins: 'latest', values: ['one', 'two', 'three'] },
    {
      ...head,
      field: 'deliveryTerms',
      erp: 'shipmentMethodCode',
      wins: 'latest',
      values: ['DAP', 'EXW', 'FCA'],
    },
    { ...head, field: 'validUntil', erp: 'validUntilDate', wins: 'crm', values: date },
  ],
  erpOrder: [
    ...ofBoth,
    {
      ...head,
      field: 'customerPurchaseOrder',
      erp: 'customerOrderReference',
      wins: 'latest',
      values: ['PO-1', 'PO-2', 'PO-3'],
    },
  ],
};

interface Case extends Field {
  readonly doc: Doc;
  readonly later: Side;
}
const cases: readonly Case[] = (['erpQuote', 'erpOrder'] as const).flatMap((doc) =>
  fields[doc]
    .filter(({ values }) => values[0] !== null)
    .flatMap((field) => (['crm', 'erp'] as const).map((later) => ({ ...field, doc, later }))),
);

/** A CRM quote with this value in its field, or in that of its line. */
const quoteWith = ({ on, field }: Field, value: Json): Fields => {
  const ofLine = { productId: product(0), quantity: '3', unitPrice: '100', description: 'Lamp' };
  return {
    ...(on === 'header' && { [field]: value }),
    lines: [on === 'line' ? { ...ofLine, [field]: value } : ofLine],
  };
};

const winnerOf = ({ wins, later }: Case): Side => (wins === 'latest' ? later : wins);

describe('of a revision and an edit in the ERP in one window', () => {
  const deals: { quote: string; erpQuote: string; erpOrder: string; revised: string }[] = [];

  const revise = async (each: Case, deal: { readonly quote: string }) =>
    (
      await w.create('crm', 'Quote', {
        revisionOfId: deal.quote,
        paymentTerms: 'NET30',
        ...quoteWith(each, each.values[1]),
      })
    ).id;
  const edit = async (
    { doc, on, erp, values, spelt }: Case,
    deal: Readonly<Record<Doc, string>>,
  ): Promise<void> => {
    const value = spelt?.[String(values[2])] ?? values[2];
    if (on === 'header') await w.edit('erp', entityOf[doc], deal[doc], { [erp]: value });
    else {
      const [own] = await w.lines('erp', entityOf[doc], deal[doc]);
      await w.editLines('erp', entityOf[doc], deal[doc], [
        { kind: 'change', lineId: own!.lineId, fields: { [erp]: value } },
      ]);
    }
  };

  beforeAll(async () => {
    for (const each of cases)
      deals.push({
        ...(await quoted({ paymentTerms: 'NET30', ...quoteWith(each, each.values[0]) })),
        revised: '',
      });
    for (const flow of flows) await w.sync.pause(flow, true, 'one window', 'test');
    for (const [n, each] of cases.entries()) {
      const deal = deals[n]!;
      if (each.later === 'crm') await edit(each, deal);
      deal.revised = await revise(each, deal);
      if (each.later === 'erp') await edit(each, deal);
    }
    for (const flow of flows) await w.sync.pause(flow, false, null, 'test');
    await w.settled();
  });

  test.for(cases.map((each, n) => ({ ...each, n })))(
    '$field of the $on ($wins wins), edited in the $doc, the $later later',
    async ({ n }) => {
      const [each, deal] = [cases[n]!, deals[n]!];
      const { field, on, erp, values, spelt } = each;
      const at = async (side: Side, entity: string, id: string, property: string) => {
        const of = on === 'header' ? await w.fields(side, entity, id) : (await w.lines(side, entity, id))[0]!;
        return plain(of[property] ?? null);
      };
      const winner = winnerOf(each);
      const [stands, lost] = winner === 'crm' ? [values[1], values[2]] : [values[2], values[1]];
      const spelling = plain(spelt?.[String(stands)] ?? stands);
      const inDoc = async (doc: Doc) => at('erp', entityOf[doc], deal[doc], erp);
      const hasBoth = on === 'line' || ofBoth.some((one) => one.field === field);
      expect({
        quote: await at('crm', 'Quote', deal.revised, field),
        erpQuote: hasBoth || each.doc === 'erpQuote' ? await inDoc('erpQuote') : spelling,
        erpOrder: hasBoth || each.doc === 'erpOrder' ? await inDoc('erpOrder') : spelling,
      }).toEqual({ quote: plain(stands), erpQuote: spelling, erpOrder: spelling });
      const links = await w.links({ id: deal.revised });
      expect(links.map(({ mapping, state }) => [mapping, state]).sort()).toEqual([
        ['quote', 'synced'],
        ['quoteOrder', 'synced'],
      ]);
      const events = (await Promise.all(links.map(({ id }) => w.events(id)))).flat();
      const told = events
        .flatMap((event) => event.fields)
        .filter((change) => change.field === field && change.lost !== undefined)
        .map((change) => ({
          side: change.side,
          before: plain(change.before),
          after: plain(change.after),
          winner: change.winner,
          lost: plain(change.lost!),
        }));
      expect(told).toContainEqual({
        side: winner === 'crm' ? 'erp' : 'crm',
        before: plain(lost),
        after: plain(stands),
        winner,
        lost: plain(lost),
      });
    },
  );

  test('the ERP has one order of each', async () => {
    for (const { revised } of deals)
      expect(await w.count('erp', 'Order', 'sourceQuoteReference', revised)).toBe(1);
  });
});
