import type { Ask, Json, SyncResult } from '../../sync/index.ts';
import { badInput } from '../system/arguments.ts';
import type { SyncContext } from './context.ts';
import { told } from './errors.ts';
import type { Filter } from './filter.ts';
import { conflicts } from './listings.ts';
import { type Page, type PageArguments, pageRequest } from './page.ts';
import { makeRule } from './rules.ts';
import { sideOf } from './words.ts';

/** A stored conflict, as far as a decision needs it. */
export interface ConflictRow {
  readonly id: string;
  readonly linkId: string;
  readonly mapping: string;
  readonly line: string;
  readonly field: string;
}

/** A decision as it is given: `take` VALUE needs a value. */
export interface GivenChoice {
  readonly field: string;
  readonly take: 'CRM' | 'ERP' | 'BASE' | 'VALUE';
  readonly value?: Json;
}

type Decision = Parameters<SyncContext['sync']['resolveConflict']>[1][number];

/** Choices as the engine takes them. A line's conflict is decided under its field's own name. */
export function decisions(conflict: ConflictRow, choices: readonly GivenChoice[]): readonly Decision[] {
  if (choices.length === 0) throw badInput('Give at least one choice', ['choices']);
  return choices.map(({ field, take, value }, n) => {
    const of = conflict.line !== '' && field === conflict.field ? pathOf(conflict) : field;
    if (take !== 'VALUE') return { field: of, take: take === 'BASE' ? 'base' : sideOf(take) };
    if (value === undefined) throw badInput('take: VALUE needs a value', ['choices', n, 'value']);
    return { field: of, take: { value } };
  });
}

/** The conflicts that a filter finds, in pages, at most `mostConflicts`. */
export async function matched(context: SyncContext, filter: Filter): Promise<readonly ConflictRow[]> {
  const found: ConflictRow[] = [];
  let after: string | null = null;
  do {
    const args: PageArguments = { first: 100, after, filter };
    const page: Page<ConflictRow> = await pageRequest<ConflictRow>(conflicts, args, (scope) =>
      context.demand(scope as 'read'),
    ).page(context.sql);
    found.push(...page.nodes);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null && found.length < mostConflicts);
  return found;
}

/** One act decides at most so many: more are decided by asking again. */
const mostConflicts = 1000;

/** Results shown of a bulk act. */
const mostShown = 100;

/** Decides all conflicts of a filter for one side, link by link; `always` makes it a rule for their fields. */
export async function bulkResolve(
  context: SyncContext,
  {
    filter,
    choose,
    always,
  }: { readonly filter: Filter; readonly choose: string; readonly always?: boolean | null },
  ask: Ask,
) {
  const take = sideOf(choose);
  const found = await matched(context, filter);
  const shown: SyncResult[] = [];
  let applied = 0;
  let failed = 0;
  for (const ofLink of Map.groupBy(found, ({ linkId }) => linkId).values()) {
    // A preview of all would plan all; the first ones show what it would do.
    if (ask.mode === 'preview' && shown.length >= mostShown) break;
    const choices = ofLink.map((conflict) => ({ field: pathOf(conflict), take }));
    try {
      const result = await told(() => context.sync.resolveConflict(ofLink[0]!.id, choices, ask));
      if (shown.length < mostShown) shown.push(result);
      if (result.outcome === 'failed') failed += ofLink.length;
      else if (ask.mode === 'apply') applied += ofLink.length;
    } catch (error) {
      if (found.length === ofLink.length) throw error;
      failed += ofLink.length;
    }
  }
  const rules = always === true && ask.mode === 'apply' ? await rulesFor(context, found, take) : [];
  return { matched: found.length, applied, failed, results: shown, rules };
}

async function rulesFor(context: SyncContext, found: readonly ConflictRow[], take: 'crm' | 'erp') {
  const fields = new Map(found.map(({ mapping, field }) => [`${mapping}.${field}`, { mapping, field }]));
  const made = await Promise.all(
    [...fields.values()].map((field) => makeRule(context.sql, { ...field, take, by: context.actor })),
  );
  await context.sync.settingsChanged();
  return made;
}

/** The name under which the engine knows the conflict. */
function pathOf({ line, field }: ConflictRow): string {
  return line === '' ? field : `lines.${line}.${field}`;
}
