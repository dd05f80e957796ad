import { how, type Options, type Run } from './command.ts';
import type { Operator } from './operator.ts';
import { OperatorError } from './operator.ts';
import { plain, table } from './table.ts';
import { codeListNamed, type LinkHead, nameOf, oneOf, typed } from './words.ts';

interface CodePair {
  readonly list: string;
  readonly crm: string;
  readonly erp: string;
  readonly direction: string;
  readonly validFrom: string | null;
  readonly validTo: string | null;
}

interface Change {
  readonly before: readonly CodePair[];
  readonly after: readonly CodePair[];
  readonly pairs: number;
  readonly issues: number;
  readonly effect: string;
  readonly examples: readonly LinkHead[];
}

/** The code lists of the company, or one of them. */
export const codes: Run = async (operator, _, [list]) => {
  const { codes: found } = await operator.ask<{ codes: readonly CodePair[] }>('Codes', {
    list: list ? codeListNamed(list) : null,
  });
  operator.show(found, () =>
    found.length === 0
      ? ['Nothing is mapped there.']
      : table([['LIST', (row) => typed(row.list)], ...columns], found),
  );
  return 0;
};

/** Maps a code, or shows what that would change. */
export const setCode: Run = async (operator, options, [list = '', crm = '', erp = '']) => {
  const { direction, from, until } = options;
  const { setCode: set } = await operator.ask<{ setCode: Told }>('SetCode', {
    ...given(options, [list, crm, erp]),
    direction: typeof direction === 'string' ? oneOf(directions, '--direction', direction) : null,
    validFrom: instant('--from', from),
    validTo: instant('--until', until),
  });
  return tell(operator, set, `${set.crm} of the CRM is ${set.erp} of the ERP (${typed(set.direction)}).`);
};

/** Takes a code away, or shows what that would change. */
export const removeCode: Run = async (operator, options, [list = '', crm = '', erp = '']) => {
  const { removeCode: removed } = await operator.ask<{ removeCode: Told }>(
    'RemoveCode',
    given(options, [list, crm, erp]),
  );
  return tell(
    operator,
    removed,
    `${removed.crm} of the CRM and ${removed.erp} of the ERP are no pair any more.`,
  );
};

type Told = CodePair & { readonly change: Change | null };

const directions = ['both', 'to-crm', 'to-erp'] as const;

const columns = [
  ['CRM', ({ crm }: CodePair) => crm],
  ['ERP', ({ erp }: CodePair) => erp],
  ['DIRECTION', ({ direction }: CodePair) => typed(direction)],
  ['FROM', ({ validFrom }: CodePair) => validFrom],
  ['UNTIL', ({ validTo }: CodePair) => validTo],
] as const;

const given = (options: Options, [list, crm, erp]: readonly [string, string, string]) => ({
  list: codeListNamed(list),
  crm,
  erp,
  ...how(options),
});

/** A day is the instant at which it begins in UTC. */
function instant(name: string, option: string | boolean | undefined): string | null {
  if (typeof option !== 'string') return null;
  const at = new Date(option);
  if (Number.isNaN(at.getTime()))
    throw new OperatorError(`${name} ${option} has to be a day or a time, such as 2026-12-01.`, 2);
  return at.toISOString();
}

function tell(operator: Operator, told: Told, done: string): number {
  operator.show(told, () => (told.change ? linesOf(told.change) : [done]));
  return 0;
}

function linesOf({ before, after, pairs, issues, effect, examples }: Change): readonly string[] {
  const shown = (stand: readonly CodePair[]) =>
    stand.length === 0 ? ['nothing is mapped'] : table(columns, stand);
  const names = examples.map((link) => plain(nameOf(link))).join(', ');
  return [
    'As it is:',
    ...shown(before),
    'As it would be:',
    ...shown(after),
    `It is about ${pairs} pairs${names ? `: ${names}` : ''}${examples.length < pairs ? ' …' : ''}; ${issues} issues close.`,
    effect,
  ];
}
