import type { Options, Run } from './command.ts';
import type { Operator } from './operator.ts';
import { allOf } from './pages.ts';
import { type Column, plain, table } from './table.ts';
import { flowOf, type LinkHead, nameOf, typed } from './words.ts';

/** Prints what was found; 1 when there is any and --check was given. */
function tell<Row>(
  { show }: Operator,
  { check }: Options,
  { rows, columns, none }: { rows: readonly Row[]; columns: readonly Column<Row>[]; none: string },
): number {
  show(rows, () => (rows.length === 0 ? [none] : table(columns, rows)));
  return check === true && rows.length > 0 ? 1 : 0;
}

/** What was looked for, where not everything was. */
function ofWhat({ flow, code }: Options): string {
  return `${code ? ` of the code ${code}` : ''}${flow ? ` in the flow ${flow}` : ''}`;
}

interface IssueGroup {
  readonly code: string;
  readonly flow: string;
  readonly side: string | null;
  readonly field: string | null;
  readonly issues: number;
  readonly records: number;
  readonly times: number;
  readonly message: string;
  readonly lastAt: string;
}

interface Issue extends Omit<IssueGroup, 'issues'> {
  readonly id: string;
  readonly recordId: string | null;
  readonly value: unknown;
  readonly link: LinkHead | null;
}

/** Open issues by cause, or each of one code. */
export const issues: Run = async (operator, options) => {
  const flow = flowOf(options.flow);
  const none = `No issue${ofWhat(options)} is open.`;
  if (typeof options.code === 'string') {
    const filter = { code: { eq: options.code }, ...(flow && { flow: { eq: flow } }) };
    const rows = await allOf<Issue>(operator, 'Issues', 'issues', { filter });
    const columns: readonly Column<Issue>[] = [
      ['FLOW', (row) => typed(row.flow)],
      [
        'RECORD',
        ({ link, records, recordId }) => nameOf(link) ?? (records > 1 ? `${records} records` : recordId),
      ],
      ['SIDE', ({ side }) => side],
      ['FIELD', ({ field }) => field],
      ['VALUE', ({ value }) => value],
      ['MESSAGE', ({ message }) => message],
    ];
    return tell(operator, options, { rows, columns, none });
  }
  const { issueGroups } = await operator.ask<{ issueGroups: readonly IssueGroup[] }>('IssueGroups', { flow });
  const columns: readonly Column<IssueGroup>[] = [
    ['ISSUES', (row) => row.issues],
    ['RECORDS', (row) => row.records],
    ['CODE', ({ code }) => code],
    ['FLOW', (row) => typed(row.flow)],
    ['SIDE', ({ side }) => side],
    ['FIELD', ({ field }) => field],
    ['LAST', ({ lastAt }) => lastAt.slice(0, 19)],
    ['FOR EXAMPLE', ({ message }) => message],
  ];
  return tell(operator, options, { rows: issueGroups, columns, none });
};

interface Conflict {
  readonly id: string;
  readonly field: string;
  readonly line: string | null;
  readonly base: unknown;
  readonly crm: unknown;
  readonly erp: unknown;
  readonly baseTitle: string | null;
  readonly crmTitle: string | null;
  readonly erpTitle: string | null;
  readonly crmBy: string | null;
  readonly erpBy: string | null;
  readonly crmAt: string | null;
  readonly erpAt: string | null;
  readonly link: LinkHead | null;
}

/** Open conflicts with the three values and who typed them. */
export const conflicts: Run = async (operator, options) => {
  const flow = flowOf(options.flow);
  const filter = flow === null ? null : { flow: { eq: flow } };
  const rows = await allOf<Conflict>(operator, 'Conflicts', 'conflicts', { filter });
  const columns: readonly Column<Conflict>[] = [
    ['ID', ({ id }) => id],
    ['RECORD', ({ link }) => nameOf(link)],
    ['FIELD', ({ field, line }) => (line ? `${field} of line ${line}` : field)],
    ['BASE', ({ base, baseTitle }) => baseTitle ?? base],
    ['CRM', ({ crm, crmTitle }) => crmTitle ?? crm],
    ['BY', ({ crmBy, crmAt }) => byAt(crmBy, crmAt)],
    ['ERP', ({ erp, erpTitle }) => erpTitle ?? erp],
    ['BY', ({ erpBy, erpAt }) => byAt(erpBy, erpAt)],
  ];
  return tell(operator, options, { rows, columns, none: `No field${ofWhat(options)} waits for a decision.` });
};

/** Who edited a side, and when by its clock. */
const byAt = (by: string | null, at: string | null): string | null =>
  [by, at?.slice(0, 19)].filter(Boolean).join(', ') || null;

interface Proposal {
  readonly id: string;
  readonly flow: string;
  readonly side: string;
  readonly recordId: string;
  readonly link: LinkHead | null;
  readonly candidates: readonly {
    readonly id: string;
    readonly title: string;
    readonly score: number;
    readonly evidence: readonly {
      readonly field: string;
      readonly value: unknown;
      readonly title: string | null;
    }[];
  }[];
}

/** Matches in doubt, one line per candidate. */
export const proposals: Run = async (operator, options) => {
  const found = await allOf<Proposal>(operator, 'Proposals', 'matchProposals', {
    flow: flowOf(options.flow),
  });
  if (operator.json) return tell(operator, options, { rows: found, columns: [], none: '' });
  const rows = found.flatMap((proposal) => proposal.candidates.map((candidate) => ({ proposal, candidate })));
  const columns: readonly Column<(typeof rows)[number]>[] = [
    ['FLOW', ({ proposal }) => typed(proposal.flow)],
    ['RECORD', ({ proposal }) => `${proposal.side} ${nameOf(proposal.link) ?? proposal.recordId}`],
    ['MAY BE', ({ candidate }) => candidate.title],
    ['WITH ID', ({ candidate }) => candidate.id],
    ['SCORE', ({ candidate }) => candidate.score],
    [
      'SINCE BOTH HAVE',
      ({ candidate }) =>
        candidate.evidence.map(({ field, value, title }) => `${field} ${plain(title ?? value)}`).join('; '),
    ],
  ];
  return tell(operator, options, { rows, columns, none: `No match${ofWhat(options)} is in doubt.` });
};

interface Blocker {
  readonly text: string;
  readonly reason: string;
  readonly holds: number;
}

/** What holds most back. */
export const waiting: Run = async (operator, options) => {
  const { blockers } = await operator.ask<{ blockers: readonly Blocker[] }>('Blockers', {
    flow: flowOf(options.flow),
    first: 100,
  });
  const columns: readonly Column<Blocker>[] = [
    ['HOLDS', ({ holds }) => holds],
    ['WHAT', ({ text }) => text],
    ['WHY', ({ reason }) => reason],
  ];
  return tell(operator, options, {
    rows: blockers,
    columns,
    none: `Nothing${ofWhat(options)} waits for anything.`,
  });
};

interface LetterGroup {
  readonly code: string;
  readonly flow: string;
  readonly letters: number;
  readonly message: string;
  readonly lastAt: string;
}

interface Letter {
  readonly id: string;
  readonly flow: string;
  readonly message: string;
  readonly request: unknown;
  readonly answer: unknown;
  readonly attempts: number;
  readonly at: string;
  readonly link: LinkHead | null;
}

/** Work that gave up, by cause, or each letter of one code. */
export const deadLetters: Run = async (operator, options) => {
  const flow = flowOf(options.flow);
  const none = `Nothing${ofWhat(options)} has given up.`;
  if (typeof options.code === 'string') {
    const rows = await allOf<Letter>(operator, 'DeadLetters', 'deadLetters', { flow, code: options.code });
    const columns: readonly Column<Letter>[] = [
      ['ID', ({ id }) => id],
      ['RECORD', ({ link }) => nameOf(link)],
      ['ATTEMPTS', ({ attempts }) => attempts],
      ['LAST', ({ at }) => at.slice(0, 19)],
      ['MESSAGE', ({ message }) => message],
      ['REQUEST', ({ request }) => JSON.stringify(request)],
      ['ANSWER', ({ answer }) => JSON.stringify(answer)],
    ];
    return tell(operator, options, { rows, columns, none });
  }
  const { deadLetterGroups } = await operator.ask<{ deadLetterGroups: readonly LetterGroup[] }>(
    'DeadLetterGroups',
    { flow },
  );
  const columns: readonly Column<LetterGroup>[] = [
    ['LETTERS', ({ letters }) => letters],
    ['CODE', ({ code }) => code],
    ['FLOW', (row) => typed(row.flow)],
    ['LAST', ({ lastAt }) => lastAt.slice(0, 19)],
    ['MESSAGE', ({ message }) => message],
  ];
  return tell(operator, options, { rows: deadLetterGroups, columns, none });
};
