import { describe, expect, test } from 'vitest';
import { configured, longestSettleMs, refusalOf } from '../../sync/core/configured.ts';
import type { FieldRule, Mapping } from '../../sync/core/mapping.ts';
import { mappings } from '../../sync/mappings/index.ts';

const of = (name: string): Mapping => mappings.find((mapping) => mapping.name === name)!;
const customer = of('customer');
const order = of('order');

/** A field of a flow of which this holds, with its name. */
function fieldWith(mapping: Mapping, holds: (rule: FieldRule) => boolean, table = mapping.fields): string {
  const found = Object.entries(table).find(([, rule]) => holds(rule));
  if (!found) throw new Error(`${mapping.name} has no such field.`);
  return found[0];
}
const plain = (rule: FieldRule): boolean =>
  rule.way === 'both' &&
  !rule.derived &&
  !rule.states &&
  !rule.waits &&
  rule.crm !== null &&
  rule.erp !== null &&
  !rule.required?.crm &&
  !rule.required?.erp &&
  rule.wins !== 'rank' &&
  rule.wins !== 'strictest';

describe('a mapping as the company set it', () => {
  test('differs in what was set, and in nothing else', () => {
    const field = fieldWith(customer, plain);
    const made = configured(customer, { fields: { [field]: { wins: 'inbox', settleMs: 5_000 } } });
    expect(made.fields[field]).toEqual({ ...customer.fields[field], wins: 'inbox', settleMs: 5_000 });
    expect({ ...made.fields, [field]: null }).toEqual({ ...customer.fields, [field]: null });
    expect({ ...made, fields: null }).toEqual({ ...customer, fields: null });
    expect(Object.isFrozen(made)).toBe(true);
    expect('lines' in made).toBe(false);
  });

  test('takes a deletion by side, and when an accepted quote gets its order', () => {
    const made = configured(order, {
      onDelete: { erp: 'unlink' },
      createCrmOrder: 'onAcceptance',
      fields: {},
    });
    expect(made.onDelete).toEqual({ crm: order.onDelete.crm, erp: 'unlink' });
    expect(made.createCrmOrder).toBe('onAcceptance');
    expect(configured(order, { fields: {} })).toEqual(order);
  });

  test('keeps fields of the header and of lines apart', () => {
    const both = Object.keys(order.lines!).find((field) => field in order.fields)!;
    const made = configured(order, { fields: { [`lines.${both}`]: { wins: 'erp' } } });
    expect(made.lines![both]).toEqual({ ...order.lines![both], wins: 'erp' });
    expect(made.fields).toEqual(order.fields);
  });
});

describe('a field', () => {
  const easy = fieldWith(customer, plain);
  const line = `lines.${fieldWith(order, plain, order.lines)}`;
  const ofCustomer = `It has ${Object.keys(customer.fields).join(', ')}.`;

  test.each([
    ['any direction', customer, easy, { way: 'toErp' }],
    ['off', customer, easy, { way: 'off' }],
    ['any side as winner', customer, easy, { wins: 'inbox' }],
    ['no rest', customer, easy, { settleMs: 0 }],
    ['the longest rest', customer, easy, { settleMs: longestSettleMs }],
    ['nothing', customer, easy, {}],
    ['a winner of a line', order, line, { wins: 'erp' }],
  ] as const)('takes %s', (_, mapping, field, setting) => {
    expect(refusalOf(mapping, field, setting)).toBeNull();
  });

  test.each([
    ['nobody knows', customer, 'nothing', {}, `The flow customer has no field nothing. ${ofCustomer}`],
    [
      'every object has',
      customer,
      'constructor',
      {},
      `The flow customer has no field constructor. ${ofCustomer}`,
    ],
    [
      'a flow without lines cannot have',
      customer,
      'lines.quantity',
      {},
      `The flow customer has no field lines.quantity. ${ofCustomer}`,
    ],
    [
      'is one of a line, without saying so',
      order,
      line.slice('lines.'.length),
      {},
      `The flow order has no field ${line.slice('lines.'.length)}. It has ${[...Object.keys(order.fields), ...Object.keys(order.lines!).map((name) => `lines.${name}`)].join(', ')}.`,
    ],
    ['rests in part', customer, easy, { settleMs: 1.5 }, `customer.${easy} may rest for 0 to 600 seconds.`],
    [
      'rests for less than nothing',
      customer,
      easy,
      { settleMs: -1 },
      `customer.${easy} may rest for 0 to 600 seconds.`,
    ],
    [
      'rests too long',
      customer,
      easy,
      { settleMs: longestSettleMs + 1 },
      `customer.${easy} may rest for 0 to 600 seconds.`,
    ],
    [
      'is of a line and rests',
      order,
      line,
      { settleMs: 1 },
      `order.${line} is a field of a line: documents travel whole and don't rest.`,
    ],
    [
      'is no state and has rank',
      customer,
      easy,
      { wins: 'rank' },
      `customer.${easy}: RANK belongs to states, and states are decided by rank.`,
    ],
    [
      'is no flag',
      customer,
      easy,
      { wins: 'strictest' },
      `customer.${easy}: STRICTEST is for flags whose safer value the mapping knows.`,
    ],
  ] as const)('that %s is refused', (_, mapping, field, setting, why) => {
    expect(refusalOf(mapping, field, setting)).toBe(why);
  });

  test('of a state keeps its rank and its direction', () => {
    const state = fieldWith(order, (rule) => rule.states !== undefined);
    expect(refusalOf(order, state, { wins: 'crm' })).toMatch(/RANK belongs to states/);
    expect(refusalOf(order, state, { wins: 'rank' })).toBeNull();
    expect(refusalOf(order, state, { way: 'off' })).toBe(
      `order.${state} follows from other fields or states: its direction can't be set.`,
    );
  });

  test.each(['crm', 'erp'] as const)('that the %s does not have keeps its direction', (side) => {
    const mapping = mappings.find((m) =>
      Object.values(m.fields).some((rule) => rule[side] === null && !rule.derived),
    )!;
    const field = fieldWith(mapping, (rule) => rule[side] === null && !rule.derived);
    expect(refusalOf(mapping, field, { way: 'off' })).toMatch(/follows from other fields or states/);
    expect(refusalOf(mapping, field, {})).toBeNull();
  });

  test('that is derived takes nothing', () => {
    const mapping = mappings.find((m) => Object.values(m.fields).some((rule) => rule.derived))!;
    expect(
      refusalOf(
        mapping,
        fieldWith(mapping, (rule) => rule.derived !== undefined),
        {},
      ),
    ).toMatch(/follows from other/);
  });

  test.each([
    ['toErp', 'CRM'],
    ['toCrm', 'ERP'],
  ] as const)(
    'that travels %s is authored by one side: it can be switched off, not turned round',
    (way, author) => {
      const free = (rule: FieldRule): boolean =>
        rule.way === way &&
        !rule.derived &&
        !rule.states &&
        rule.crm !== null &&
        rule.erp !== null &&
        !rule.waits &&
        !rule.required?.crm &&
        !rule.required?.erp;
      const mapping = mappings.find((m) => Object.values(m.fields).some(free))!;
      const field = fieldWith(mapping, free);
      expect(refusalOf(mapping, field, { way: 'both' })).toBe(
        `${mapping.name}.${field} is authored by the ${author} alone: it can be switched off, not turned round.`,
      );
      expect(refusalOf(mapping, field, { way: 'off' })).toBeNull();
      expect(refusalOf(mapping, field, { way })).toBeNull();
    },
  );

  test.each(['crm', 'erp'] as const)(
    'without which no record can be made cannot be switched off: %s',
    (by) => {
      const needed = (rule: FieldRule): boolean =>
        !rule.derived &&
        !rule.states &&
        rule.crm !== null &&
        rule.erp !== null &&
        rule.required?.[by] === true;
      const mapping = mappings.find((m) => Object.values(m.fields).some(needed))!;
      const field = fieldWith(mapping, needed);
      expect(refusalOf(mapping, field, { way: 'off' })).toBe(
        `${mapping.name}.${field} is required: a record can't be made without it, so it can't be switched off.`,
      );
    },
  );

  test.each(['crm', 'erp'] as const)('that only one side cannot be made without: %s', (by) => {
    const [field, rule] = Object.entries(customer.fields).find(([, each]) => plain(each))!;
    const required = { crm: by === 'crm', erp: by === 'erp' };
    const needing: Mapping = { ...customer, fields: { [field]: { ...rule, required } } };
    expect(refusalOf(needing, field, { way: 'off' })).toMatch(/is required/);
  });

  test('that the record waits for cannot be switched off either', () => {
    const [field, rule] = Object.entries(customer.fields).find(([, each]) => plain(each))!;
    const waiting: Mapping = { ...customer, fields: { [field]: { ...rule, waits: true } } };
    expect(refusalOf(waiting, field, { way: 'off' })).toMatch(/is required/);
    expect(refusalOf(waiting, field, { way: 'toErp' })).toBeNull();
  });
});
