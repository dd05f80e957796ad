import { describe, expect, it } from 'vitest';
import { importing } from './imported.ts';

const { run, records, systems, write } = await importing();

let maps = 0;
const customers = (fields: object, more: object = {}) => ({
  system: 'crm',
  entity: 'Customer',
  key: `customers ${++maps}:{id}`,
  fields: { name: 'name', ...fields },
  ...more,
});

describe('what a map file can do with a value', () => {
  const cases: readonly [string, object, string, Record<string, unknown>][] = [
    ['column', { legalName: 'x' }, 'Kari AS', { legalName: 'Kari AS' }],
    ['constant', { paymentTerms: { value: 'NET14' } }, '', { paymentTerms: 'NET14' }],
    ['join', { legalName: { template: '{name} / {x}' } }, 'AS', { legalName: 'join / AS' }],
    ['empty join', { legalName: { template: '{x}' } }, '', { legalName: null }],
    [
      'first word',
      { legalName: { column: 'x', split: { take: 'first' } } },
      'José Pedro Freyre',
      { legalName: 'José' },
    ],
    [
      'all but the last word',
      { legalName: { column: 'x', split: { take: 'butLast' } } },
      'José Pedro Freyre',
      { legalName: 'José Pedro' },
    ],
    [
      'part by its number',
      { legalName: { column: 'x', split: { on: ';', take: 2 } } },
      'a; b ;c',
      { legalName: 'b' },
    ],
    [
      'replace and case',
      { priceList: { column: 'x', case: 'upper', replace: { ' ': '-' } } },
      'gtx plus',
      { priceList: 'GTX-PLUS' },
    ],
    ['table', { status: { column: 'x', table: { y: 'ON_HOLD' } } }, 'y', { status: 'ON_HOLD' }],
    [
      'table keeps',
      { legalName: { column: 'x', table: { y: 'z' }, otherwise: 'keep' } },
      'w',
      { legalName: 'w' },
    ],
    [
      'table empties',
      { legalName: { column: 'x', table: { y: 'z' }, otherwise: 'empty', default: 'none' } },
      'w',
      { legalName: 'none' },
    ],
    ['default', { legalName: { column: 'x', default: 'nobody' } }, '', { legalName: 'nobody' }],
    [
      'rounding',
      { creditLimit: { column: 'x', number: { decimals: 2 } } },
      '32.3800011',
      { creditLimit: '32.38' },
    ],
    ['half up', { creditLimit: { column: 'x', number: { decimals: 1 } } }, '0.25', { creditLimit: '0.30' }],
    [
      'half even',
      { creditLimit: { column: 'x', number: { decimals: 1, mode: 'halfEven' } } },
      '0.25',
      { creditLimit: '0.20' },
    ],
    [
      'down',
      { creditLimit: { column: 'x', number: { decimals: 0, mode: 'down' } } },
      '1.99',
      { creditLimit: '1.00' },
    ],
    [
      'decimal comma',
      { creditLimit: { column: 'x', number: { point: ',', group: '.' } } },
      '"1.234,5"',
      { creditLimit: '1234.50' },
    ],
    [
      'factor',
      { creditLimit: { column: 'x', number: { times: '100', decimals: 2 } } },
      '0.0500000007',
      { creditLimit: '5.00' },
    ],
    [
      'address',
      { billingAddress: { address: { city: 'x', country: { value: 'NO' } } } },
      'Bergen',
      {
        billingAddress: {
          line1: null,
          line2: null,
          city: 'Bergen',
          postalCode: null,
          region: null,
          country: 'NO',
        },
      },
    ],
    [
      'condition met',
      { legalName: { when: { column: 'x', is: ['y'] }, value: 'met' } },
      'y',
      { legalName: 'met' },
    ],
    [
      'second source',
      { legalName: [{ when: { column: 'x', empty: false }, value: 'full' }, { value: 'empty' }] },
      '',
      { legalName: 'empty' },
    ],
  ];
  it.each(cases)('%s', async (name, fields, x, expected) => {
    const { refused } = await run(customers(fields), `id,name,x\n1,${name},${x}\n`);
    expect(refused).toEqual([]);
    expect((await records('crm', 'Customer', 'name'))[name]).toMatchObject(expected);
  });

  it('reads dates, truth values and whole numbers as declared', async () => {
    const map = {
      system: 'crm',
      entity: 'Product',
      key: 'p:{sku}',
      fields: {
        sku: 'sku',
        name: 'sku',
        discontinuedOn: { column: 'd', date: 'M/D/YYYY' },
        quantityDecimals: 'q',
      },
    };
    const { refused } = await run(map, 'sku,d,q\nA1,2/9/2016,2\nA2,2/30/2016,2\nA3,2016-02-09,2\nA4,,x\n');
    expect((await records('crm', 'Product', 'sku')).A1).toMatchObject({
      discontinuedOn: '2016-02-09',
      quantityDecimals: 2,
    });
    expect(refused.map(({ line, column, value }) => [line, column, value])).toEqual([
      [4, 'd', '2016-02-09'],
      [5, 'q', 'x'],
      [3, 'd', '2/30/2016'],
    ]);
    const items = {
      system: 'erp',
      entity: 'Product',
      key: 'i:{no}',
      fields: {
        itemNo: 'no',
        description: 'no',
        salesBlocked: { column: 'b', boolean: { true: ['1'], false: ['0'] } },
      },
    };
    expect((await run(items, 'no,b\nB1,1\nB2,2\n')).refused).toMatchObject([
      { line: 3, column: 'b', value: '2', reason: 'is none of 1, 0.' },
    ]);
    expect((await records('erp', 'Product', 'itemNo')).B1).toMatchObject({ salesBlocked: true });
  });

  it('reads other delimiters, encodings and words for nothing', async () => {
    const map = customers(
      { legalName: 'x' },
      { csv: { delimiter: ';', encoding: 'latin1', empty: ['NULL'] } },
    );
    await run(map, Buffer.from('id;name;x\n1;Ærlig Øl;Åse\n2;Tomt;NULL\n', 'latin1'));
    const found = await records('crm', 'Customer', 'name');
    expect(found['Ærlig Øl']).toMatchObject({ legalName: 'Åse' });
    expect(found.Tomt).toMatchObject({ legalName: null });
  });
});

describe('references', () => {
  it('finds records by key, by property and by alias, and rows of the same file in a second pass', async () => {
    await run(
      {
        system: 'crm',
        entity: 'User',
        key: 'u:{n}',
        fields: {
          fullName: 'n',
          managerId: { template: 'u:{boss}', lookup: { entity: 'User', by: 'key' }, later: true },
        },
      },
      'n,boss\nAda,Bo\nBo,\n',
    );
    const users = await systems.crm.list('User', null, 10);
    const idOf = (name: string) => users.find(({ fields }) => fields.fullName === name)?.id;
    expect(users.find(({ fields }) => fields.fullName === 'Ada')?.fields.managerId).toBe(idOf('Bo'));
    const map = customers({ ownerId: { column: 'o', lookup: { entity: 'User', by: 'fullName' } } });
    const { refused } = await run(map, 'id,name,o\n1,Owned,Ada\n2,Lost,Eve\n');
    expect((await records('crm', 'Customer', 'name')).Owned).toMatchObject({ ownerId: idOf('Ada') });
    expect(refused).toMatchObject([{ line: 3, column: 'o', value: 'Eve', code: 'UNKNOWN_REFERENCE' }]);
  });

  it('keeps the text of an unknown product, in every batch of a long file', async () => {
    await systems.crm.write(
      [{ kind: 'create', entity: 'Product', fields: { sku: 'GTX', name: 'GTX Pro', aliases: ['GTX-P'] } }],
      { actor: 'test', origin: 'person' },
    );
    const map = {
      system: 'crm',
      entity: 'Quote',
      key: 'q:{n}',
      fields: {
        name: 'n',
        customerId: { column: 'c', lookup: { entity: 'Customer', by: 'name', missing: 'empty' } },
      },
      lines: [
        {
          key: 'one',
          fields: {
            productId: {
              column: 'p',
              lookup: { entity: 'Product', by: ['name', 'aliases'], missing: { into: 'productText' } },
            },
            quantity: { value: '1' },
          },
        },
      ],
    };
    const rows = Array.from(
      { length: 700 },
      (_, n) => `Q${n},${n % 2 ? 'Owned' : `Nobody ${n}`},${['GTX Pro', 'GTX-P', 'GTXPro'][n % 3]}`,
    );
    const { refused, result } = await run(map, `n,c,p\n${rows.join('\n')}\n`);
    expect([refused, result.created]).toEqual([[], 700]);
    const quotes = await records('crm', 'Quote', 'name');
    const line = (name: string) => (quotes[name]!.lines as readonly Record<string, unknown>[])[0];
    expect(
      [0, 1, 2, 698].map((n) => [line(`Q${n}`)?.productId !== null, line(`Q${n}`)?.productText]),
    ).toEqual([
      [true, null],
      [true, null],
      [false, 'GTXPro'],
      [false, 'GTXPro'],
    ]);
  });
});

describe('documents with lines of a second file', () => {
  const map = {
    system: 'erp',
    entity: 'Order',
    key: 'o:{id}',
    fields: { customerId: { template: 'd:{c}', lookup: { entity: 'Customer', by: 'key' } }, orderNo: 'id' },
    lines: [
      {
        file: 'lines.csv',
        match: { order: 'id' },
        key: '{item}',
        fields: {
          itemNo: 'item',
          quantity: 'n',
          unitPrice: { column: 'price', number: { decimals: 5 } },
          quantityShipped: { when: { column: 'header:shipped', empty: false }, column: 'n' },
        },
      },
      {
        key: 'freight',
        when: { column: 'freight', not: ['', '0'] },
        fields: {
          type: { value: 'CHARGE' },
          lineCode: { value: 'FREIGHT' },
          quantity: { value: '1' },
          unitPrice: { column: 'freight', number: { decimals: 2 } },
        },
      },
    ],
  };

  it('joins them in any order, with what the header says, and refuses what is missing', async () => {
    await run({ system: 'erp', entity: 'Customer', key: 'd:{id}', fields: { name: 'id' } }, 'id\nACME\n');
    write(
      'lines.csv',
      'order,item,n,price\nR2,B1,3,1.1000001\nR1,B1,2,10\nR9,B1,1,1\nR1,B2,1,abc\nR3,NONE,1,1\nR2,B2,1,5\n',
    );
    await run(
      { system: 'erp', entity: 'Product', key: 'i2:{no}', fields: { itemNo: 'no', description: 'no' } },
      'no\nB2\n',
    );
    const { refused, result } = await run(
      map,
      'id,c,shipped,freight\nR1,ACME,,5\nR2,ACME,yes,7.005\nR3,ACME,,0\nR4,ACME,,1\nR5,NONE,,1\n',
    );
    const orders = await records('erp', 'Order', 'orderNo');
    expect(Object.keys(orders).sort()).toEqual(['R2', 'R4']);
    const lines = orders.R2?.lines as readonly Record<string, unknown>[];
    expect(
      lines.map(({ type, itemNo, quantityShipped, unitPrice }) => [type, itemNo, quantityShipped, unitPrice]),
    ).toEqual([
      ['ITEM', 'B1', '3', '1.1'],
      ['ITEM', 'B2', '1', '5'],
      ['CHARGE', null, '0', '7.01'],
    ]);
    expect(result).toMatchObject({ rows: 5, created: 2 });
    expect(
      refused.map(({ file, line, column, code }) => [file.split('/').at(-1), line, column, code]),
    ).toEqual([
      ['lines.csv', 5, 'price', 'BAD_VALUE'],
      ['test.csv', 6, 'c', 'UNKNOWN_REFERENCE'],
      ['lines.csv', 6, 'item', 'UNKNOWN_REFERENCE'],
      ['test.csv', 4, null, 'UNKNOWN_REFERENCE'],
      ['lines.csv', 4, 'order', 'NO_DOCUMENT'],
    ]);
  });
});
