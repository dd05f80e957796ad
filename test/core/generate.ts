import fc from 'fast-check';
import { crm } from '../../subgraphs/crm/entities.ts';
import { erp } from '../../subgraphs/erp/entities.ts';
import type { Entity, Properties, Property } from '../../subgraphs/system/entity.ts';
import { codeLists } from '../../sync/core/code-lists.ts';
import type { Mapping } from '../../sync/core/mapping.ts';
import type { Json, Side } from '../../sync/core/types.ts';

type Fields = Record<string, Json>;

const entities: Readonly<Record<Side, Readonly<Record<string, Entity>>>> = {
  crm: crm.entities,
  erp: erp.entities,
};

/** An entity's declaration. */
export const entityOf = (side: Side, name: string): Entity => entities[side][name]!;

const word = fc.constantFrom(
  'Ørsted',
  'a',
  'O’Brien',
  '  two   words ',
  'e\u0301clair',
  '日本',
  'x'.repeat(45),
  '<b>bold</b> & co',
  '?erp',
  '0',
  '',
);
const phone = fc.constantFrom(
  '+4722334455',
  '22 33 44 55',
  '+46 8 123 456 78',
  '0047 22334455',
  '(5) 555-4729',
  'call me',
  '+4791234567',
);
const day = fc.constantFrom('2026-01-31', '2024-02-29', '2026-12-31', '1999-10-10');
const country = fc.constantFrom('NO', 'SE', 'DE', 'GB');
const digits = fc.constantFrom(
  '923609016',
  '556016-0680',
  '974760673',
  '123456789',
  'HRB 1234',
  'DE123456789',
  '923 609 016 MVA',
  '4006381333931',
  '04006381333931',
);

const codesOf = (list: string, side: Side): readonly string[] =>
  codeLists.find((l) => l.list === list)?.pairs.map(([c, e]) => (side === 'crm' ? c : e)) ?? [];

/** Property names whose values are codes of a closed list. */
const lists: Readonly<Record<string, string>> = {
  unit: 'units',
  unitCode: 'units',
  baseUnit: 'units',
  baseUnitCode: 'units',
  taxCategory: 'tax',
  vatProductGroup: 'tax',
  taxTreatment: 'taxTreatment',
  vatBusinessGroup: 'taxTreatment',
  paymentTerms: 'paymentTerms',
  paymentTermsCode: 'paymentTerms',
  deliveryTerms: 'deliveryTerms',
  shipmentMethodCode: 'deliveryTerms',
  salutationCode: 'salutation',
  holdReasonCode: 'holdReason',
};

const webAddress = fc.constantFrom('https://a.no', 'http://Firma.no/x?y=1', 'https://b.example/');
const languageTag = fc.constantFrom('nb-NO', 'en', 'zh-Hant-TW');

function valuesOf(side: Side, name: string, { type, required }: Property): fc.Arbitrary<Json> {
  const list = lists[name];
  if (list) return optional(fc.constantFrom(...codesOf(list, side), 'X9'), required);
  switch (type.kind) {
    case 'text':
    case 'code': {
      if (/phone/iu.test(name)) return optional(phone, required);
      if (name === 'homePage') return optional(webAddress, required);
      if (name === 'languageCode') return optional(languageTag, required);
      if (/registrationNo|orgNumber|vat|gtin/iu.test(name)) return optional(digits, required);
      const max = type.max ?? 200;
      const texts = word.map((w) => [...w].slice(0, max).join(''));
      return optional(type.kind === 'code' ? texts.map((t) => t.trim().toUpperCase()) : texts, required);
    }
    case 'texts':
      return fc.constant(null);
    case 'refCode':
      return fc.constant(null);
    case 'email':
      return optional(fc.constantFrom('a@b.no', 'Ola.Nordmann@Firma.NO', 'x+y@z.example'), required);
    case 'phone':
      return optional(fc.constantFrom('+4722334455', '+46812345678', '+4791234567'), required);
    case 'url':
      return optional(webAddress, required);
    case 'currency':
      return side === 'erp' || !required
        ? fc.constantFrom(null, 'EUR', 'NOK', 'USD')
        : fc.constantFrom('EUR', 'NOK', 'USD');
    case 'language':
      return optional(languageTag, required);
    case 'int':
      return optional(fc.integer({ min: 0, max: 5 }), required);
    case 'boolean':
      return fc.boolean();
    case 'date':
      return optional(day, required);
    case 'dateTime':
      return optional(fc.constantFrom('2026-03-01T23:30:00Z', '2026-10-25T00:30:00Z'), required);
    case 'money':
      return optional(fc.constantFrom('0.00', '12.50', '100.00', '-3.10', '7'), required);
    case 'decimal':
      return optional(
        name === 'roundingPrecision'
          ? fc.constantFrom('1', '0.1', '0.01000', '0.00001')
          : fc
              .constantFrom('0', '1', '2.50', '10.0', '0.125')
              .map((d) => (type.scale < 3 ? d.slice(0, 4) : d)),
        required,
      );
    case 'choice':
      return optional(fc.constantFrom(...type.values), required);
    case 'address': {
      const part = fc.option(fc.constantFrom('Storgata 1', 'Oslo', '0150'), { nil: null });
      const record = Object.fromEntries(type.parts.map((p, n) => [p, n === 5 ? country : part]));
      return optional(fc.record(record) as fc.Arbitrary<Json>, required);
    }
    case 'ref':
      return optional(fc.constantFrom(`${side[0]}-1`, `${side[0]}-2`, `new-${side}`), required);
    case 'list': {
      const units = fc.uniqueArray(fc.constantFrom(...codesOf('units', side)), { maxLength: 3 });
      const [unit, factor] = Object.keys(type.of) as [string, string];
      return units.map((all) =>
        all.length === 0 ? null : all.map((u, n) => ({ [unit]: u, [factor]: `${n + 1}.5` })),
      );
    }
  }
}

const optional = <T extends Json>(
  value: fc.Arbitrary<T>,
  required: boolean | undefined,
): fc.Arbitrary<Json> =>
  required ? (value.filter((v) => v !== '') as fc.Arbitrary<Json>) : fc.option(value, { nil: null, freq: 4 });

const fieldsOf = (side: Side, properties: Properties): fc.Arbitrary<Fields> =>
  fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, p]) => [name, valuesOf(side, name, p)])),
  ) as fc.Arbitrary<Fields>;

/** Native fields of one record of a mapping's side, lines included, as a system would show them. */
export function nativeFields(mapping: Mapping, side: Side): fc.Arbitrary<Fields> {
  const entity = entityOf(side, mapping[side]);
  const header = fieldsOf(side, entity.properties).map((fields) => typed(side, fields));
  if (!entity.lines || !mapping.lines) return header;
  const lines = fc.array(fieldsOf(side, entity.lines), { maxLength: 3 });
  return fc.tuple(header, lines).map(([fields, all]) => ({
    ...fields,
    lines: all.map((line, n) => lineOf(side, line, n)),
  }));
}

/** A line that makes sense: a product or a text, its place, and no reference that the other side would not know. */
function lineOf(side: Side, line: Fields, n: number): Fields {
  const made: Fields = { ...typed(side, line), lineId: `${side[0]}l-${n + 1}` };
  if (side === 'crm') return { ...made, lineNumber: n + 1, productText: null, quoteLineId: null };
  return {
    ...made,
    lineNo: (n + 1) * 10_000,
    lineExternalReference: null,
    lineCode: null,
    attachedTo: null,
    position: null,
    itemNo: null,
  };
}

/** The names of a discount's two halves, and of what was typed, per side and level. */
export const discounts = [
  ['discountPercent', 'discountAmount', 'discountTyped'],
  ['headerDiscountPercent', 'headerDiscountAmount', 'headerDiscountTyped'],
  ['lineDiscountPercent', 'lineDiscountAmount', 'lineDiscountTyped'],
] as const;

/** Derives the half of a discount that was not typed, as both systems do. */
function typed(_side: Side, fields: Fields): Fields {
  const made = { ...fields };
  for (const [percent, amount, basis] of discounts) {
    if (!(basis in made)) continue;
    if (made[percent] === null && made[amount] === null) made[basis] = null;
    else if (made[percent] === null || (made[basis] === 'AMOUNT' && made[amount] !== null))
      made[basis] = 'AMOUNT';
    else made[basis] = 'PERCENT';
  }
  return made;
}
