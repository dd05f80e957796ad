import { syncMutation } from '../operations/record.ts';
import { how, type Run } from './command.ts';
import { OperatorError } from './operator.ts';
import { bold, plain, table } from './table.ts';
import { flowNamed, flowOf, type LinkHead, nameOf, oneOf, sides, typed } from './words.ts';

/** What became of a pair, or would. */
export interface Result {
  readonly outcome: string;
  readonly link: LinkHead | null;
  readonly plan: {
    readonly kind: string;
    readonly writes: readonly {
      readonly side: string;
      readonly entity: string;
      readonly id: string | null;
      readonly action: string;
      readonly fields: readonly {
        readonly field: string;
        readonly line: string | null;
        readonly before: unknown;
        readonly after: unknown;
        readonly beforeTitle: string | null;
        readonly afterTitle: string | null;
        readonly rule: string;
      }[];
    }[];
    readonly conflicts: readonly { readonly field: string; readonly why: string }[];
    readonly held: readonly { readonly message: string }[];
    readonly locked: readonly { readonly field: string; readonly why: string }[];
  };
  readonly waitsFor: readonly { readonly reason: string }[];
  readonly issues: readonly { readonly message: string }[];
  /** Where records are to be linked otherwise: what becomes of the pairs that refer to them, the first of so many. */
  readonly children?: readonly Child[];
  readonly childCount?: number;
}

type Child = Pick<Result, 'outcome' | 'link' | 'waitsFor'> & {
  readonly plan: {
    readonly writes: readonly (Pick<Write, 'side' | 'entity' | 'id' | 'action'> & {
      readonly fields: readonly Pick<Write['fields'][number], 'field' | 'line' | 'after' | 'afterTitle'>[];
    })[];
  };
};

type Write = Result['plan']['writes'][number];

/** Syncs one pair, or shows what that would do; 1 when it failed, waits or is in conflict. */
export const sync: Run = async (operator, options, [flow = '']) => {
  const mutation = syncMutation(flowNamed(flow));
  const ids = { id: options.id, crmId: options.crmId, erpId: options.erpId };
  if (Object.values(ids).filter(Boolean).length !== 1)
    throw new OperatorError(`Give exactly one of --id, --crm-id and --erp-id: which ${flow} is meant?`, 2);
  const { result } = await operator.ask<{ result: Result }>(mutation, {
    ...ids,
    prefer: typeof options.prefer === 'string' ? oneOf(sides, '--prefer', options.prefer) : null,
    ...how(options),
  });
  operator.show(result, () => linesOf(result, options.preview === true));
  return exitCode(result);
};

/** 1 where a person is needed, or something else that has not come yet. */
export const exitCode = ({ outcome }: Result): 0 | 1 =>
  ['FAILED', 'WAITING', 'CONFLICT'].includes(outcome) ? 1 : 0;

/** A result in words. */
export function linesOf(
  { outcome, link, plan, waitsFor, issues, children = [], childCount = 0 }: Result,
  preview: boolean,
): readonly string[] {
  const notes = [
    ...plan.conflicts.map(({ field, why }) => `for a person to decide: ${field}: ${why}`),
    ...plan.held.map(({ message }) => `stays behind: ${message}`),
    ...plan.locked.map(({ field, why }) => `locked: ${field}: ${why}`),
    ...waitsFor.map(({ reason }) => `waits: ${reason}`),
    ...issues.map(({ message }) => `issue: ${message}`),
  ];
  return [
    `${bold(preview ? `WOULD BE ${outcome}` : outcome)} ${nameOf(link) ?? ''}`.trimEnd(),
    ...plan.writes.flatMap(({ side, entity, id, action, fields }) => [
      `${typed(action)} ${side} ${typed(entity)} ${id ?? '(new)'}`,
      ...fields.map(
        ({ field, line, before, after, beforeTitle, afterTitle, rule }) =>
          `  ${line ? `line ${line}: ` : ''}${field}: ${plain(beforeTitle ?? before)} -> ${plain(afterTitle ?? after)}  (${rule})`,
      ),
    ]),
    ...new Set(notes),
    ...(childCount > 0 ? [`${childCount} that refer to these are looked at next:`] : []),
    ...children.flatMap(linesOfChild),
    ...(childCount > children.length ? [`  and ${childCount - children.length} more`] : []),
  ];
}

/** What becomes of a pair that refers to records which are linked otherwise. */
const linesOfChild = ({ outcome, link, plan, waitsFor }: Child): readonly string[] => [
  `  ${outcome} ${nameOf(link) ?? ''}`.trimEnd(),
  ...plan.writes.flatMap(({ side, entity, id, action, fields }) => [
    `    ${typed(action)} ${side} ${typed(entity)} ${id ?? '(new)'}: ${fields
      .map(
        ({ field, line, after, afterTitle }) =>
          `${line ? `line ${line}: ` : ''}${field} -> ${plain(afterTitle ?? after)}`,
      )
      .join(', ')}`,
  ]),
  ...waitsFor.map(({ reason }) => `    waits: ${reason}`),
];

/** Runs dead letters and failed links again; 1 when one that was named has nothing to run. */
export const retry: Run = async (operator, options, ids) => {
  const flow = flowOf(options.flow);
  if (ids.length === 0 && flow === null && !options.code && !options.since && !options.until)
    throw new OperatorError(
      'Say what to retry: ids, --flow, --code, --since or --until. `tandem dead-letters` lists them.',
      2,
    );
  const { retry: done } = await operator.ask<{ retry: { matched: number; applied: number } }>('Retry', {
    ids: ids.length > 0 ? ids : null,
    flow,
    code: options.code ?? null,
    since: options.since ?? null,
    until: options.until ?? null,
    ...how(options),
  });
  operator.show(done, () => [
    done.matched === 0
      ? 'Nothing of that has given up or failed.'
      : options.preview === true
        ? `${done.matched} would run again.`
        : `${done.applied} run again.`,
  ]);
  // That nothing of a flow, a code or a time has given up is well.
  return ids.length > 0 && done.matched === 0 ? 1 : 0;
};

interface Erased {
  readonly records: number;
  readonly links: number;
  readonly events: number;
  readonly deadLetters: number;
  readonly proof: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

const persons = ['contact', 'customer', 'user'];

/** Erases a person's data, or shows how much there is. */
export const erase: Run = async (operator, { yes, reason }, [side = '', entity = '', id = '']) => {
  const ref = {
    side: oneOf(sides, 'The side', side),
    entity: oneOf(persons, 'The entity', entity),
    id,
  };
  const { erase: erased } = await operator.ask<{ erase: Erased }>('Erase', {
    ref,
    mode: yes === true ? 'APPLY' : 'PREVIEW',
    reason: reason ?? null,
  });
  operator.show(erased, () => [
    ...table(
      [
        [yes === true ? 'ERASED' : 'WOULD ERASE', ([name]) => name],
        ['', ([, n]) => n],
      ],
      Object.entries({
        records: erased.records,
        links: erased.links,
        events: erased.events,
        'dead letters': erased.deadLetters,
      }),
    ),
    yes === true ? `Proof, which holds no data: ${erased.proof}` : 'Nothing was erased. Do it with --yes.',
  ]);
  return 0;
};
