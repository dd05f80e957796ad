import { expect, describe as group, test } from 'vitest';
import type { Shape } from '../../sync/core/codecs/codec.ts';
import { describe, type FlowDocument, markdown, restructuredText } from '../../sync/core/document.ts';
import type { FieldRule, Mapping } from '../../sync/core/mapping.ts';
import type { Json } from '../../sync/core/types.ts';

const rule = (row: number, name: string, more: Partial<FieldRule> = {}): FieldRule => ({
  row,
  crm: name,
  erp: name,
  codec: { name: 'as is', decode: (value: Json) => ({ value }), encode: (value: Json) => ({ value }) },
  way: 'both',
  wins: 'latest',
  rule: '',
  ...more,
});
const lossy = { ...rule(0, '').codec, name: 'coarse', lossy: 'halves are lost' };

/** Rows are told in another order than their numbers. */
const mapping: Mapping = {
  name: 'quote',
  crm: 'Quote',
  erp: 'Offer',
  links: { kind: 'every' },
  creates: { crm: true, erp: true },
  onDelete: { crm: 'archive', erp: 'archive' },
  match: [],
  linesRow: 4,
  fields: {
    note: rule(5, 'note', { erp: null, way: 'off', codec: lossy }),
    owner: rule(2, 'ownerId', { shown: { crm: 'ownerCode' }, way: 'toErp', wins: 'crm' }),
    id: rule(1, 'id', { erp: 'reference', way: 'toCrm', required: { crm: false, erp: true }, rule: 'a|b' }),
    unknown: rule(3, 'nowhere'),
  },
  lines: { text: rule(2, 'text'), lineId: rule(1, 'lineId', { wins: 'inbox' }) },
};
const property = (type: object) => ({ type: type as Shape });
const shapes = {
  crm: {
    Quote: {
      properties: {
        id: property({ kind: 'text' }),
        ownerId: property({ kind: 'ref', to: 'User' }),
        ownerCode: property({ kind: 'code', max: 10 }),
        note: property({ kind: 'text', max: 80 }),
      },
      lines: { lineId: property({ kind: 'text' }), text: property({ kind: 'text' }) },
    },
  },
  erp: {
    Offer: {
      properties: { ownerId: property({ kind: 'ref', to: 'Salesperson' }) },
      lines: { text: property({ kind: 'int' }) },
    },
  },
};
const measured = {
  id: { checked: 3, equal: 2, example: 'c-1 ≠ e-1' },
  owner: { checked: 0, equal: 0 },
  'lines.text': { checked: 4, equal: 4 },
};
const made: FlowDocument = describe(mapping, shapes as never, measured);

group('a flow as a checklist', () => {
  test('has every property in the order of the document, the lines among them', () => {
    const told = made.rows.map(
      ({ row, field, crm, crmType, erp, erpType, way, transformation, nulls, wins, lossy: lost }) =>
        [row, field, crm, crmType, erp, erpType, way, transformation, nulls, wins, lost ?? ''].join(' · '),
    );
    expect(told).toEqual([
      '1 · id · id · ID · reference · - · toCrm · as is · N/N · latest · ',
      '2 · owner · ownerCode · Code(10) · ownerId · ref Salesperson · toErp · as is · Y/Y · crm · ',
      '3 · unknown · nowhere · - · nowhere · - · both · as is · Y/Y · latest · ',
      '4 · lines · lines · [Line] · lines · [Line] · both · lines · Y/Y · per line · ',
      '5 · note · note · String(80) · - · - · off · coarse · Y/- · latest · halves are lost',
    ]);
    expect(made.lines.map(({ field, crmType, erpType, wins }) => [field, crmType, erpType, wins])).toEqual([
      ['lineId', 'ID', 'ID', 'inbox'],
      ['text', 'Text', 'Int', 'latest'],
    ]);
    expect([made.flow, made.crm, made.erp]).toEqual(['quote', 'Quote', 'Offer']);
    expect(made.rows.map((row) => row.measured)).toEqual([
      measured.id,
      measured.owner,
      undefined,
      undefined,
      undefined,
    ]);
    expect(made.lines[1]!.measured).toBe(measured['lines.text']);
  });

  test('a flow without lines, of entities that nobody declared, has only its properties', () => {
    const { linesRow: _, lines: __, ...header } = mapping;
    const bare = describe(header, { crm: {}, erp: {} });
    expect(bare.rows.map(({ field }) => field)).toEqual(['id', 'owner', 'unknown', 'note']);
    expect(bare.rows[0]).not.toHaveProperty('measured');
    expect(bare.rows[0]).not.toHaveProperty('lossy');
    expect(bare.lines).toEqual([]);
    expect(markdown(bare).match(/^## /gmu)).toHaveLength(1);
  });

  test.each([
    [{ kind: 'text' }, 'Text'],
    [{ kind: 'text', max: 7 }, 'String(7)'],
    [{ kind: 'code', max: 7 }, 'Code(7)'],
    [{ kind: 'refCode', max: 7 }, 'Code(7)'],
    [{ kind: 'decimal', precision: 12, scale: 4 }, 'Decimal(12,4)'],
    [{ kind: 'money' }, 'Decimal(18,2)'],
    [{ kind: 'choice', values: ['A', 'B'] }, 'enum A B'],
    [{ kind: 'choice' }, 'enum '],
    [{ kind: 'ref', to: 'User' }, 'ref User'],
    [{ kind: 'email' }, 'Email'],
    [{ kind: 'phone' }, 'E.164'],
    [{ kind: 'url' }, 'URL'],
    [{ kind: 'currency' }, 'ISO 4217'],
    [{ kind: 'language' }, 'BCP 47'],
    [{ kind: 'int' }, 'Int'],
    [{ kind: 'boolean' }, 'Boolean'],
    [{ kind: 'date' }, 'Date'],
    [{ kind: 'dateTime' }, 'DateTime'],
    [{ kind: 'address' }, 'Address'],
    [{ kind: 'list' }, 'list'],
    [{ kind: 'texts' }, 'list of texts'],
    [{ kind: 'geo' }, 'geo'],
  ])('type %j is shown as %s', (type, shown) => {
    const of = { crm: { Quote: { properties: { note: property(type) } } }, erp: {} };
    expect(describe(mapping, of as never).rows.find(({ field }) => field === 'note')!.crmType).toBe(shown);
  });
});

group('printed', () => {
  test('in Markdown: a table of the header, a table of the lines', () => {
    expect(markdown(made)).toBe(
      [
        '## quote: CRM Quote ⇄ ERP Offer',
        '',
        '| # | CRM property | CRM type | ERP property | ERP data type | Dir | Transformation and rules | Null | Wins | Lossy | Checked | Equal | Pass rate | Example |',
        '| -- | -- | -- | -- | -- | -- | -- | -- | -- | -- | -- | -- | -- | -- |',
        '| 1 | id | ID | reference | - | ← | as is: a\\|b | N/N | LATEST |  | 3 | 2 | 66.67 % | c-1 ≠ e-1 |',
        '| 2 | ownerCode | Code(10) | ownerId | ref Salesperson | → | as is:  | Y/Y | CRM |  | 0 | 0 | - |  |',
        '| 3 | nowhere | - | nowhere | - | ⇄ | as is:  | Y/Y | LATEST |  |  |  |  |  |',
        '| 4 | lines | [Line] | lines | [Line] | ⇄ | lines: all or nothing; merged line by line | Y/Y | PER LINE |  |  |  |  |  |',
        '| 5 | note | String(80) | - | - | off | coarse:  | Y/- | LATEST | halves are lost |  |  |  |  |',
        '',
        '## quote: lines',
        '',
        '| # | CRM property | CRM type | ERP property | ERP data type | Dir | Transformation and rules | Null | Wins | Lossy | Checked | Equal | Pass rate | Example |',
        '| -- | -- | -- | -- | -- | -- | -- | -- | -- | -- | -- | -- | -- | -- |',
        '| 1 | lineId | ID | lineId | ID | ⇄ | as is:  | Y/Y | INBOX |  |  |  |  |  |',
        '| 2 | text | Text | text | Int | ⇄ | as is:  | Y/Y | LATEST |  | 4 | 4 | 100.00 % |  |',
        '',
      ].join('\n'),
    );
  });

  test('in reStructuredText: one list-table each, with what means something there escaped', () => {
    const one = { ...made, rows: made.rows.slice(0, 1), lines: made.lines.slice(1) };
    const heading = [
      '.. list-table::',
      '   :header-rows: 1',
      '',
      '   * - #',
      '     - CRM property',
      '     - CRM type',
      '     - ERP property',
      '     - ERP data type',
      '     - Dir',
      '     - Transformation and rules',
      '     - Null',
      '     - Wins',
      '     - Lossy',
      '     - Checked',
      '     - Equal',
      '     - Pass rate',
      '     - Example',
    ];
    expect(restructuredText(one)).toBe(
      [
        'quote: CRM Quote ⇄ ERP Offer',
        '============================',
        '',
        ...heading,
        '   * - 1',
        '     - id',
        '     - ID',
        '     - reference',
        '     - -',
        '     - ←',
        '     - as is: a\\|b',
        '     - N/N',
        '     - LATEST',
        '     -',
        '     - 3',
        '     - 2',
        '     - 66.67 %',
        '     - c-1 ≠ e-1',
        '',
        'quote: lines',
        '============',
        '',
        ...heading,
        '   * - 2',
        '     - text',
        '     - Text',
        '     - text',
        '     - Int',
        '     - ⇄',
        '     - as is:',
        '     - Y/Y',
        '     - LATEST',
        '     -',
        '     - 4',
        '     - 4',
        '     - 100.00 %',
        '     -',
        '',
      ].join('\n'),
    );
    const odd = { ...one, rows: [{ ...one.rows[0]!, rule: '\\ * ` _' }] };
    expect(restructuredText(odd)).toContain('as is: \\\\ \\* \\` \\_');
  });
});
