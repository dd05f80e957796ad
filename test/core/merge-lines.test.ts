import { describe, expect, test } from 'vitest';
import { mergeLines } from '../../sync/core/merge-lines.ts';
import type { Sheet } from '../../sync/core/sheet.ts';
import type {
  LineLink,
  LineOrigins,
  LineState,
  MergeInput,
  Side,
  SideState,
  Stage,
  Values,
} from '../../sync/core/types.ts';
import { counter, rule } from './fixture.ts';

const table = {
  lineNumber: rule({ order: true }),
  text: rule(),
  shipped: rule({ way: 'toCrm' }),
};

const line = (lineId: string, text: string, more: Values = {}, behind?: true): LineState => ({
  lineId,
  values: { text, lineNumber: 1, ...more },
  held: [],
  ...(behind && { behind }),
});
const agreed = { text: 'a', lineNumber: 1, shipped: null };
const link: LineLink = {
  id: 'l',
  crmLineId: 'c',
  erpLineId: 'e',
  base: { crm: agreed, erp: agreed },
  ended: false,
};
const fresh = (of: Partial<LineLink>): LineLink => ({
  ...link,
  crmLineId: null,
  erpLineId: null,
  base: null,
  ...of,
});

interface Asked extends Partial<Pick<MergeInput, 'choices' | 'prefer' | 'content' | 'base' | 'origins'>> {
  readonly crm?: readonly LineState[];
  readonly erp?: readonly LineState[];
  readonly links?: readonly LineLink[];
  readonly stage?: Stage;
  /** The side whose document is being made. */
  readonly missing?: Side;
  /** Nobody but the sync has edited the CRM's document. */
  readonly unedited?: true;
}

function merged({ links = [link], stage = 'quote', content = true, missing, unedited, ...more }: Asked) {
  const { crm = [], erp = [], ...rest } = more;
  const sheet: Sheet = { changes: [], conflicts: [], held: [] };
  const side = (name: Side, lines: readonly LineState[]): SideState => ({
    values: {},
    held: [],
    at: 1,
    lines,
    ...(missing === name && { missing: true }),
    ...(name === 'crm' && unedited && { unedited }),
  });
  const base = { crm: {}, erp: {} };
  const input = {
    base,
    crm: side('crm', crm),
    erp: side('erp', erp),
    lineLinks: links,
    content,
    stage,
    ...rest,
  };
  return { ...mergeLines(table, input, counter(), sheet), ...sheet };
}

/** What becomes of a line: where it is added (`+`) or removed (`-`) and why, or that a person is asked. */
function told(asked: Asked): string {
  const { writes, changes, conflicts, links } = merged(asked);
  const whole = changes.filter(({ field }) => field === 'line');
  const acts = (['crm', 'erp'] as const).flatMap((side) =>
    writes[side]
      .filter(({ kind }) => kind !== 'change')
      .map(({ kind }) => `${kind === 'add' ? '+' : '-'}${side}: ${whole.find((c) => c.side === side)?.why}`),
  );
  const ends = links.some(({ ended }) => ended) ? ['ended'] : [];
  return [...acts, ...conflicts.map(({ why }) => `? ${why}`), ...ends].join(', ') || 'rest';
}

describe('a new line', () => {
  const of = { crm: { crm: [line('c', 'a')], links: [] }, erp: { erp: [line('e', 'a')], links: [] } };
  const decided = (take: Side | 'base') => ({ choices: { 'lines.n1.line': { take } } });

  test.each<readonly [Side, Stage, Asked, string]>([
    ['crm', 'quote', {}, '+erp: created'],
    ['erp', 'quote', {}, '+crm: created'],
    ['crm', 'ordered', {}, '+erp: created'],
    ['crm', 'released', {}, '? a line was added to a released order'],
    ['erp', 'released', {}, '+crm: created'],
    ['crm', 'shipped', {}, '-crm: reverted: shipped, only the ERP edits, ended'],
    ['crm', 'closed', {}, '-crm: reverted: closed or cancelled, only the ERP edits, ended'],
    ['erp', 'shipped', {}, '+crm: created'],
    ['crm', 'released', { prefer: 'crm' }, '+erp: created'],
    ['crm', 'released', { prefer: 'erp' }, '-crm: decided, ended'],
    ['crm', 'quote', { prefer: 'erp' }, '+erp: created'],
    ['crm', 'quote', { base: null }, '+erp: created'],
    ['erp', 'quote', { base: null }, '+crm: created'],
    ['crm', 'quote', { base: null, prefer: 'crm' }, '+erp: created'],
    ['crm', 'quote', { base: null, prefer: 'erp' }, '-crm: decided, ended'],
    ['erp', 'quote', { base: null, prefer: 'crm' }, '-erp: decided, ended'],
    ['erp', 'released', { base: null, prefer: 'crm' }, '-erp: decided, ended'],
    ['erp', 'shipped', { base: null, prefer: 'crm' }, '+crm: created'],
    ['crm', 'quote', { base: null, prefer: 'erp', missing: 'erp' }, '+erp: created'],
    ['crm', 'quote', { base: null, prefer: 'erp', ...decided('crm') }, '+erp: created'],
    ['crm', 'released', decided('crm'), '+erp: created'],
    ['crm', 'released', decided('base'), '+erp: created'],
    ['crm', 'released', decided('erp'), '-crm: decided, ended'],
    ['crm', 'released', { ...decided('crm'), prefer: 'erp' }, '+erp: created'],
    ['crm', 'quote', decided('erp'), '-crm: decided, ended'],
    ['erp', 'quote', decided('crm'), '-erp: decided, ended'],
    [
      'crm',
      'released',
      { choices: { 'lines.n1.line': { value: 'x' } } },
      '? a line was added to a released order',
    ],
  ])('of the %s at stage %s, %j: %s', (side, stage, asked, wanted) => {
    expect(told({ ...of[side], ...asked, stage })).toBe(wanted);
  });

  test('is written whole under an id of our making, and told', () => {
    const { writes, links, changes } = merged({ crm: [line('c', 'a')], links: [] });
    expect(writes).toEqual({
      crm: [],
      erp: [{ kind: 'add', link: 'n1', lineId: 'n2', values: { text: 'a', lineNumber: 1 } }],
    });
    expect(links).toEqual([
      {
        id: 'n1',
        crmLineId: 'c',
        erpLineId: 'n2',
        ended: false,
        base: {
          crm: { text: 'a', shipped: null, lineNumber: 1 },
          erp: { text: 'a', shipped: null, lineNumber: 1 },
        },
      },
    ]);
    expect(changes).toEqual([
      {
        field: 'line',
        line: 'n1',
        side: 'erp',
        before: null,
        after: { text: 'a', lineNumber: 1 },
        winner: 'crm',
        why: 'created',
      },
    ]);
  });

  const origins: LineOrigins = {
    idFor: (id) => `of ${id}`,
    idsOf: (id) => [`of ${id}`],
    isMade: (id) => id.startsWith('of '),
  };

  test('of the ERP gets an id in the CRM that tells what it is made from; made once more, another one', () => {
    const idOf = (asked: Asked) => merged({ origins, ...asked }).writes.crm[0]?.lineId;
    expect(idOf({ erp: [line('e', 'a')], links: [] })).toBe('of e');
    const before = { ...link, crmLineId: 'of e', erpLineId: null, ended: true };
    expect(idOf({ erp: [line('e', 'a')], links: [before] })).toBe('n2');
    expect(idOf({ erp: [line('e', 'a')], links: [link, before] })).toBe(undefined);
    const { writes } = merged({ origins, crm: [line('c', 'a')], links: [] });
    expect(writes.erp[0]?.lineId, 'the ERP bears the id of the CRM').toBe('n2');
  });

  test('made from one that is gone goes as well, unless somebody edited it, prefers it, or it had been agreed', () => {
    const made = { origins, crm: [line('of e', 'a')], erp: [], links: [] };
    const went = (asked: Asked) => merged({ ...made, unedited: true, ...asked }).writes;
    expect(went({})).toEqual({ crm: [{ kind: 'remove', link: 'n1', lineId: 'of e' }], erp: [] });
    const stays = { crm: [], erp: [expect.objectContaining({ kind: 'add' })] };
    expect(merged(made).writes, 'edited').toEqual(stays);
    expect(went({ prefer: 'crm' }), 'preferred').toEqual(stays);
    expect(went({ crm: [line('c', 'a')] }), 'typed in the CRM').toEqual(stays);
    const agreed = { ...link, crmLineId: null, erpLineId: 'e', ended: true };
    expect(went({ links: [agreed] }), 'agreed before').toEqual(stays);
    expect(went({ choices: { 'lines.n1.line': { take: 'crm' } } }), 'a person wants it').toEqual(stays);
  });

  test('made from one that is gone goes, whatever became of other lines, and is told as removed', () => {
    const gone = { crm: [{ kind: 'remove', link: 'n1', lineId: 'of e' }], erp: [] };
    const made = { origins, crm: [line('of e', 'a')], erp: [], unedited: true } as const;
    const others = [
      { ...link, crmLineId: null, erpLineId: 'x', ended: true },
      { ...link, crmLineId: 'y', erpLineId: null, ended: true },
    ];
    for (const each of others) {
      const { writes, changes } = merged({ ...made, links: [each] });
      expect(writes).toEqual(gone);
      expect(changes).toMatchObject([{ field: 'line', side: 'crm', after: null, why: 'removed' }]);
    }
  });

  test('made from the other, and not agreed, says no more than that did then: what that says now stands', () => {
    const pair = { crm: [line('of e', 'then')], erp: [line('e', 'now')], links: [], origins };
    const text = (asked: Asked) => merged({ ...pair, ...asked }).links[0]!.base!.crm.text;
    expect(text({ unedited: true })).toBe('now');
    expect(text({}), 'somebody edited the document in the CRM at the same time').toBe('then');
    expect(text({ unedited: true, crm: [line('c', 'then')] }), 'another line').toBe('then');
    const { origins: _, ...unknown } = pair;
    expect(merged({ ...unknown, unedited: true, links: [] }).links[0]!.base!.crm.text).toBe('then');
    const known = fresh({
      crmLineId: 'of e',
      erpLineId: 'e',
      base: { crm: { text: 'now' }, erp: { text: 'now' } },
    });
    expect(text({ unedited: true, links: [known] }), 'agreed, and edited in the CRM alone').toBe('then');
  });

  test('that is asked about keeps its link, and what both sides show', () => {
    const { conflicts, links, writes } = merged({ ...of.crm, stage: 'released' });
    expect(links).toEqual([{ id: 'n1', crmLineId: 'c', erpLineId: null, base: null, ended: false }]);
    expect(conflicts[0]).toEqual({
      field: 'line',
      line: 'n1',
      base: { crm: null, erp: null },
      crm: { text: 'a', lineNumber: 1 },
      erp: null,
      why: 'a line was added to a released order',
    });
    expect(writes).toEqual({ crm: [], erp: [] });
  });

  test('linked before it had a counterpart keeps its link', () => {
    const half = fresh({ crmLineId: 'c' });
    expect(merged({ crm: [line('c', 'a')], links: [half] }).links[0]).toMatchObject({
      id: 'l',
      erpLineId: 'n1',
    });
  });
});

describe('a line that one side no longer has', () => {
  const still = { crm: { erp: [line('e', 'a')] }, erp: { crm: [line('c', 'a')] } };
  const edited = { crm: { erp: [line('e', 'b')] }, erp: { crm: [line('c', 'b')] } };
  const decided = (take: Side | 'base') => ({ choices: { 'lines.l.line': { take } } });

  test.each<readonly [Side, string, Stage, Asked, string]>([
    ['crm', 'unchanged', 'quote', {}, '-erp: removed, ended'],
    ['erp', 'unchanged', 'quote', {}, '-crm: removed, ended'],
    ['crm', 'unchanged', 'released', {}, '? a line was removed from a released order'],
    ['erp', 'unchanged', 'released', {}, '-crm: removed, ended'],
    ['crm', 'unchanged', 'shipped', {}, '+crm: reverted: shipped, only the ERP edits'],
    ['erp', 'unchanged', 'shipped', {}, '-crm: removed, ended'],
    ['erp', 'edited', 'shipped', {}, '-crm: reverted: shipped, only the ERP edits, ended'],
    [
      'erp',
      'edited',
      'closed',
      { choices: { 'lines.l.line': { take: 'crm' } } },
      '-crm: reverted: closed or cancelled, only the ERP edits, ended',
    ],
    ['erp', 'edited', 'closed', { choices: { 'lines.l.line': { take: 'erp' } } }, '-crm: decided, ended'],
    ['crm', 'edited', 'quote', {}, '? removed in the CRM, edited in the ERP'],
    ['erp', 'edited', 'quote', {}, '? removed in the ERP, edited in the CRM'],
    ['crm', 'edited', 'shipped', {}, '+crm: reverted: shipped, only the ERP edits'],
    ['crm', 'edited', 'quote', decided('crm'), '-erp: decided, ended'],
    ['crm', 'edited', 'quote', decided('erp'), '+crm: decided'],
    ['crm', 'edited', 'quote', decided('base'), '+crm: decided'],
    ['erp', 'edited', 'quote', decided('crm'), '+erp: decided'],
    ['erp', 'edited', 'quote', decided('erp'), '-crm: decided, ended'],
    ['crm', 'unchanged', 'quote', decided('erp'), '+crm: decided'],
    ['crm', 'edited', 'quote', { prefer: 'crm' }, '-erp: decided, ended'],
    ['crm', 'edited', 'quote', { prefer: 'erp' }, '+crm: decided'],
    ['crm', 'unchanged', 'quote', { prefer: 'erp' }, '-erp: removed, ended'],
    ['crm', 'unchanged', 'released', { prefer: 'erp' }, '+crm: decided'],
    ['crm', 'edited', 'quote', { ...decided('crm'), prefer: 'erp' }, '-erp: decided, ended'],
  ])('gone from the %s, %s, at stage %s, %j: %s', (gone, how, stage, asked, wanted) => {
    const now = how === 'edited' ? edited[gone] : still[gone];
    expect(told({ ...now, ...asked, stage })).toBe(wanted);
  });

  test.each<readonly [string, LineState]>([
    ['its place', line('e', 'a', { lineNumber: 9 })],
    ['what only the ERP writes', line('e', 'a', { shipped: '5' })],
  ])('counts as unchanged where only %s changed', (_, now) => {
    expect(told({ erp: [now] })).toBe('-erp: removed, ended');
  });

  test('counts as unchanged where the side has no opinion', () => {
    expect(told({ erp: [{ lineId: 'e', values: { lineNumber: 1 }, held: [] }] })).toBe(
      '-erp: removed, ended',
    );
  });

  test('is told with what it was', () => {
    expect(merged({ erp: [line('e', 'a')] })).toEqual({
      writes: { crm: [], erp: [{ kind: 'remove', link: 'l', lineId: 'e' }] },
      links: [{ ...link, ended: true }],
      changes: [
        {
          field: 'line',
          line: 'l',
          side: 'erp',
          before: { text: 'a', lineNumber: 1 },
          after: null,
          winner: 'crm',
          why: 'removed',
        },
      ],
      conflicts: [],
      held: [],
    });
  });

  test('that is asked about keeps its link and its base', () => {
    const { conflicts, links } = merged({ erp: [line('e', 'b')] });
    expect(links).toEqual([link]);
    expect(conflicts).toEqual([
      {
        field: 'line',
        line: 'l',
        base: { crm: agreed, erp: agreed },
        crm: null,
        erp: { text: 'b', lineNumber: 1 },
        why: 'removed in the CRM, edited in the ERP',
      },
    ]);
  });

  test('that is put back is made anew from what stands on the other side', () => {
    const { writes, links } = merged({ erp: [line('e', 'b', { shipped: '5' })], stage: 'shipped' });
    expect(writes.crm).toEqual([
      { kind: 'add', link: 'l', lineId: 'n1', values: { text: 'b', shipped: '5', lineNumber: 1 } },
    ]);
    expect(links).toMatchObject([{ id: 'l', crmLineId: 'n1', erpLineId: 'e', ended: false }]);
  });

  test('gone from both is over', () => {
    expect(told({})).toBe('ended');
  });

  test('that the customer has not taken loses its counterpart alone: taken later, it is a new one', () => {
    const { links, writes } = merged({ crm: [line('c', 'a', {}, true)], erp: [line('e', 'a')] });
    expect(writes).toEqual({ crm: [], erp: [{ kind: 'remove', link: 'l', lineId: 'e' }] });
    expect(links).toEqual([{ ...link, crmLineId: null, ended: true }]);
    const other = merged({ crm: [line('x', 'a', {}, true)], erp: [line('e', 'a')] });
    expect(other.links).toEqual([{ ...link, ended: true }]);
  });

  test('and comes back from an old snapshot is removed again', () => {
    const over = { ...link, ended: true };
    for (const side of ['crm', 'erp'] as const) {
      const id = side === 'crm' ? 'c' : 'e';
      const back = merged({ [side]: [line(id, 'z')], links: [over] });
      expect(back.writes[side]).toEqual([{ kind: 'remove', link: 'l', lineId: id }]);
      expect(back.links).toEqual([over]);
      expect(back.changes).toMatchObject([
        { line: 'l', side, before: { text: 'z' }, after: null, why: 'a removed line stays removed' },
      ]);
    }
  });
});

describe('a line on both sides', () => {
  test('is merged field by field; only what changes is written', () => {
    const { writes, links } = merged({ crm: [line('c', 'b')], erp: [line('e', 'a', { shipped: '5' })] });
    expect(writes).toEqual({
      crm: [{ kind: 'change', link: 'l', lineId: 'c', values: { shipped: '5' } }],
      erp: [{ kind: 'change', link: 'l', lineId: 'e', values: { text: 'b' } }],
    });
    expect(links[0]!.base).toEqual({
      crm: { text: 'b', shipped: '5', lineNumber: 1 },
      erp: { text: 'b', shipped: '5', lineNumber: 1 },
    });
    expect(merged({ crm: [line('c', 'a')], erp: [line('e', 'a')] }).writes).toEqual({ crm: [], erp: [] });
  });

  test('that has to move is renumbered, and told', () => {
    const second: LineLink = {
      ...link,
      id: 'm',
      crmLineId: 'd',
      erpLineId: 'f',
      base: { crm: { ...agreed, lineNumber: 2 }, erp: { ...agreed, lineNumber: 2 } },
    };
    const asked = {
      links: [link, second],
      crm: [line('c', 'a', { lineNumber: 2 }), line('d', 'a', { lineNumber: 1 })],
      erp: [line('e', 'a', { lineNumber: 1 }), line('f', 'a', { lineNumber: 2 })],
    };
    const { writes, changes, links } = merged(asked);
    expect(writes).toEqual({
      crm: [],
      erp: [{ kind: 'change', link: 'l', lineId: 'e', values: { lineNumber: 3 } }],
    });
    expect(changes).toEqual([
      { field: 'lineNumber', line: 'l', side: 'erp', before: 1, after: 3, winner: 'crm', why: 'order' },
    ]);
    expect(links.map(({ base }) => [base!.crm.lineNumber, base!.erp.lineNumber])).toEqual([
      [2, 3],
      [1, 2],
    ]);
    expect(merged({ ...asked, stage: 'shipped' }).writes).toEqual({
      crm: [{ kind: 'change', link: 'm', lineId: 'd', values: { lineNumber: 3 } }],
      erp: [],
    });
  });

  test('a place that is no number counts for none', () => {
    const odd = { crm: [line('c', 'a', { lineNumber: null })], erp: [line('e', 'a', { lineNumber: 'x' })] };
    const { links } = merged(odd);
    expect(links[0]!.base!.crm.lineNumber).toBeNull();
    expect(links[0]!.base!.erp.lineNumber).toBe('x');
  });
});

describe('a line that a person wants gone', () => {
  const gone = { choices: { 'lines.l.line': { value: null } } };

  test('goes from both sides, and is told of with what it was', () => {
    const { writes, links, changes } = merged({ crm: [line('c', 'a')], erp: [line('e', 'b')], ...gone });
    expect(writes).toEqual({
      crm: [{ kind: 'remove', link: 'l', lineId: 'c' }],
      erp: [{ kind: 'remove', link: 'l', lineId: 'e' }],
    });
    expect(links).toEqual([{ ...link, ended: true }]);
    const of = { field: 'line', line: 'l', after: null, winner: null, why: 'decided' };
    expect(changes).toEqual([
      { ...of, side: 'crm', before: { text: 'a', lineNumber: 1 } },
      { ...of, side: 'erp', before: { text: 'b', lineNumber: 1 } },
    ]);
  });

  test('goes from the one side that has it, edited or not', () => {
    expect(told({ erp: [line('e', 'z')], ...gone })).toBe('-erp: decided, ended');
    const unpaired = { links: [], choices: { 'lines.n1.line': { value: null } } };
    expect(told({ crm: [line('c', 'a')], ...unpaired })).toBe('-crm: decided, ended');
  });
});

describe('a line that a person wants to stand', () => {
  const values = { text: 'a', lineNumber: 1, shipped: '5', net: '9', own: 'o', none: null, of: 'x' };
  const wanted = { choices: { 'lines.l.line': { value: values } } };
  const over = { ...link, ended: true };
  const more = {
    ...table,
    net: rule({ way: 'toCrm', given: { crm: false, erp: true } }),
    own: rule({ way: 'toErp', erp: null }),
    none: rule(),
    of: rule({ stages: ['shipped'] }),
  };
  const back = (asked: Asked, rules: Parameters<typeof mergeLines>[0] = more) => {
    const sheet: Sheet = { changes: [], conflicts: [], held: [] };
    const side = (lines: readonly LineState[] = []) => ({ values: {}, held: [], at: 1, lines });
    const { crm, erp, links = [over], stage = 'quote', content = true, ...given } = asked;
    const input = { base: null, crm: side(crm), erp: side(erp), lineLinks: links, content, stage, ...given };
    return { ...mergeLines(rules, input, counter(), sheet), ...sheet };
  };

  test('is made anew on both, with what people type there; what it was stays a tombstone', () => {
    const { writes, links, changes, held } = back(wanted);
    const [crm, erp] = [
      { text: 'a', lineNumber: 1, shipped: '5', own: 'o' },
      { text: 'a', lineNumber: 1, shipped: '5', own: 'o' },
    ];
    expect(writes).toEqual({
      crm: [{ kind: 'add', link: 'l', lineId: 'n2', values: crm }],
      erp: [{ kind: 'add', link: 'l', lineId: 'n3', values: erp }],
    });
    expect(links).toMatchObject([
      { id: 'n1', crmLineId: 'c', erpLineId: 'e', ended: true },
      { id: 'l', crmLineId: 'n2', erpLineId: 'n3', ended: false },
    ]);
    const agreedNow = { text: 'a', shipped: '5', own: 'o', lineNumber: 1 };
    expect(links[1]!.base).toMatchObject({ crm: agreedNow, erp: agreedNow });
    const of = { field: 'line', line: 'l', before: null, winner: null, why: 'decided' };
    expect(changes).toEqual([
      { ...of, side: 'crm', after: crm },
      { ...of, side: 'erp', after: erp },
    ]);
    expect(held).toEqual([]);
  });

  test('is known to the ERP by the id that it has in the CRM', () => {
    const stamped = { ...table, lineId: rule({ way: 'toErp', given: { crm: true, erp: true } }) };
    const { writes } = back({ choices: { 'lines.l.line': { value: { text: 'a', lineId: 'c' } } } }, stamped);
    expect(writes).toMatchObject({
      crm: [{ lineId: 'n2', values: { text: 'a' } }],
      erp: [{ values: { text: 'a', lineId: 'n2' } }],
    });
    expect(writes.crm[0]).not.toHaveProperty('values.lineId');
  });

  test('takes its place among the others, and they keep theirs', () => {
    const [second, third] = [
      { ...link, id: 'm' },
      { ...link, id: 'o', crmLineId: 'p', erpLineId: 'q' },
    ];
    const at = (n: number) => ({ lineNumber: n });
    const base = (n: number) => ({ crm: { ...agreed, ...at(n) }, erp: { ...agreed, ...at(n) } });
    const links = [
      { ...over, crmLineId: 'x', erpLineId: 'y' },
      { ...second, base: base(1) },
      { ...third, base: base(3) },
    ];
    const told = back({
      crm: [line('c', 'a', at(1)), line('p', 'a', at(3))],
      erp: [line('e', 'a', at(1)), line('q', 'a', at(3))],
      links,
      choices: { 'lines.l.line': { value: { text: 'b', lineNumber: 2 } } },
    });
    expect(told.writes.crm).toMatchObject([{ kind: 'add', values: at(2) }]);
    expect(told.writes.erp).toMatchObject([{ kind: 'add', values: at(2) }]);
    const crowded = back({
      crm: [line('c', 'a', at(1)), line('p', 'a', at(2))],
      erp: [line('e', 'a', at(1)), line('q', 'a', at(2))],
      links: [links[0]!, links[1]!, { ...third, base: base(2) }],
      choices: { 'lines.l.line': { value: { text: 'b', lineNumber: 1.5 } } },
    });
    const numbers = (['crm', 'erp'] as const).map((side) =>
      crowded.writes[side].flatMap((w) => (w.kind === 'add' ? [w.values.lineNumber] : [])),
    );
    expect(numbers.flat().map((n) => typeof n)).toEqual(['number', 'number']);
    expect(Number.isInteger(numbers[0]![0])).toBe(true);
    expect(numbers[1]).toEqual([1.5]);
  });

  test('that is gone from both without anybody’s having seen it leaves a tombstone, too', () => {
    const { links } = back({ ...wanted, links: [link] });
    expect(links.map(({ id, ended }) => [id, ended])).toEqual([
      ['n1', true],
      ['l', false],
    ]);
  });

  test('that was never known has none', () => {
    expect(back({ ...wanted, links: [] }).links.map(({ id }) => id)).toEqual(['l']);
  });

  test('is given back to the side that has removed it', () => {
    expect(told({ erp: [line('e', 'a')], ...wanted })).toBe('+crm: decided');
    expect(told({ crm: [line('c', 'z')], ...wanted })).toBe('+erp: decided');
  });

  test('and does is merged like any other; where the content is not carried, nothing is', () => {
    expect(told({ crm: [line('c', 'a')], erp: [line('e', 'a')], ...wanted })).toBe('rest');
    expect(told({ links: [over], ...wanted, content: false })).toBe('ended');
  });

  test.each(['x', ['x'], 1, true])('is no value such as %j', (value) => {
    expect(told({ links: [over], choices: { 'lines.l.line': { value } } })).toBe('ended');
    expect(told({ erp: [line('e', 'a')], choices: { 'lines.l.line': { value } } })).toBe(
      '-erp: removed, ended',
    );
  });

  test('is no other field of a line', () => {
    const choices = {
      'lines.l.text': { value: { a: 1 } },
      line: { value: { a: 1 } },
      'lines.l.lines': { value: {} },
    };
    expect(told({ links: [over], choices })).toBe('ended');
  });
});

test('a link that does not carry the content leaves the lines as they are', () => {
  expect(merged({ content: false, crm: [line('c', 'b')] })).toEqual({
    writes: { crm: [], erp: [] },
    links: [link],
    changes: [],
    conflicts: [],
    held: [],
  });
});

test('a table without numbers numbers nothing', () => {
  const sheet: Sheet = { changes: [], conflicts: [], held: [] };
  const side = (lines?: readonly LineState[]) => ({ values: {}, held: [], at: 1, ...(lines && { lines }) });
  const input: MergeInput = {
    base: null,
    crm: side([line('c', 'a')]),
    erp: side(),
    lineLinks: [],
    content: true,
    stage: 'quote',
  };
  expect(mergeLines({ text: rule() }, input, counter(), sheet).writes.erp).toEqual([
    { kind: 'add', link: 'n1', lineId: 'n2', values: { text: 'a' } },
  ]);
});
