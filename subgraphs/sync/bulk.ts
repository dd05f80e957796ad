import { GraphQLError } from 'graphql';
import type { Ask, Json, Side, SyncResult } from '../../sync/index.ts';
import { badInput } from '../system/arguments.ts';
import type { SyncContext } from './context.ts';
import { told } from './errors.ts';
import type { Filter } from './filter.ts';
import { parseId } from './ids.ts';
import type { Listing } from './listing.ts';
import { conflicts } from './listings.ts';
import { type Page, pageRequest } from './page.ts';
import { refersToRecord } from './references.ts';
import { makeRule, type RuleRow } from './rules.ts';
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

/**
 * Choices as the engine takes them. A line's conflict is decided under its field's own name where `named` tells that it is
 * the one meant, and not any of its link.
 */
export function decisions(
  { unified }: Pick<SyncContext, 'unified'>,
  { conflict, named: isNamed }: { readonly conflict: ConflictRow; readonly named: boolean },
  choices: readonly GivenChoice[],
): readonly Decision[] {
  if (choices.length === 0) throw badInput('Give at least one choice', ['choices']);
  return choices.map(({ field, take, value }, n) => {
    const of = isNamed && field === conflict.field ? pathOf(conflict) : field;
    if (take !== 'VALUE' && value !== undefined && value !== null)
      throw badInput(`take: ${take} takes no value; give take: VALUE for it to stand`, [
        'choices',
        n,
        'value',
      ]);
    if (take !== 'VALUE') return { field: of, take: take === 'BASE' ? 'base' : sideOf(take) };
    if (value === undefined) throw badInput('take: VALUE needs a value', ['choices', n, 'value']);
    // A record is named by its unified id; what is agreed is the id of its link.
    const named = typeof value === 'string' && refersToRecord(unified, conflict.mapping, field);
    return { field: of, take: { value: named ? (parseId(value)?.id ?? value) : value } };
  });
}

/** Runs an act on these choices; what it refuses about one is told as bad input of that one. */
export async function aboutChoices<T>(choices: readonly Decision[], act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { code, message, detail } = error as {
      readonly code?: string;
      readonly message: string;
      readonly detail?: { readonly field?: string; readonly about?: string; readonly choice?: number };
    };
    const named = (field: string): boolean => field === detail?.field || field.endsWith(`.${detail?.field}`);
    const n = detail?.choice ?? choices.findIndex(({ field }) => named(field));
    if (code !== 'BAD_USER_INPUT' || detail?.about === undefined || n < 0) throw error;
    throw badInput(message, ['choices', n, detail.about]);
  }
}

/** The conflicts that a filter finds, in pages, at most `mostConflicts`. */
export async function matched(context: SyncContext, filter: Filter): Promise<readonly ConflictRow[]> {
  const found: ConflictRow[] = [];
  let after: string | null = null;
  do {
    const page: Page<ConflictRow> = await conflictsOf(context, filter, after).page(context.sql);
    found.push(...page.nodes);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null && found.length < mostConflicts);
  return found;
}

/** Only these are decided, whatever a filter says of when they were resolved. */
const openConflicts: Listing = { ...conflicts, where: 'c.resolved_at is null' };

const conflictsOf = (context: SyncContext, filter: Filter, after: string | null) =>
  pageRequest<ConflictRow>(openConflicts, { first: 100, after, filter }, (scope) =>
    context.demand(scope as 'read'),
  );

const countMatched = (context: SyncContext, filter: Filter): Promise<number> =>
  conflictsOf(context, filter, null).count(context.sql);

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
  const reasons = new Set<string>();
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
      // What is not told by the engine is nobody's business but the log's: it ends the act, and is masked.
      if (found.length === ofLink.length || !(error instanceof GraphQLError)) throw error;
      failed += ofLink.length;
      if (reasons.size < mostShown) reasons.add(error.message);
    }
  }
  const rules = always === true ? await rulesFor(context, found, { take, mode: ask.mode }) : [];
  const all = found.length < mostConflicts ? found.length : await countMatched(context, filter);
  return {
    matched: all,
    applied,
    failed,
    left: all - found.length,
    reasons: [...reasons],
    results: shown,
    rules,
  };
}

/** The rules that take these fields' conflicts from now on; of a preview those that it would make, without id. */
async function rulesFor(
  context: SyncContext,
  found: readonly ConflictRow[],
  { take, mode }: { readonly take: Side; readonly mode: Ask['mode'] },
) {
  const by = context.actor;
  const fields = [
    ...new Map(
      found.map(({ mapping, field }) => [`${mapping}.${field}`, { mapping, field, take, by }]),
    ).values(),
  ];
  if (mode === 'preview') {
    const at = new Date().toISOString();
    return fields.map((field): RuleRow => ({ ...field, id: '', at, removedAt: null }));
  }
  const made = await Promise.all(fields.map((field) => makeRule(context.sql, field)));
  await context.sync.settingsChanged();
  return made;
}

/** The name under which the engine knows the conflict. */
function pathOf({ line, field }: ConflictRow): string {
  return line === '' ? field : `lines.${line}.${field}`;
}
