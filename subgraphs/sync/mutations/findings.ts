import { badInput } from '../../system/arguments.ts';
import { aboutChoices, bulkResolve, decisions, type GivenChoice, matched } from '../bulk.ts';
import type { Filter } from '../filter.ts';
import { parseId, storedId } from '../ids.ts';
import { removeRule, rulesOf } from '../rules.ts';
import { mappingOf } from '../words.ts';
import { acting, ask, type Mode } from './acting.ts';

/** What a person decides: look-alikes, conflicts, and what gave up. */
export const findingMutations = {
  resolveMatch: acting('sync', ({ id, candidate, create, mode }: MatchArguments, context) => {
    const proposal = storedId(id, ['MatchProposal'], ['id']);
    if ((candidate ? 1 : 0) + (create === true ? 1 : 0) !== 1)
      throw badInput('Give either a candidate of the proposal or create: true', ['candidate']);
    const choice = candidate ? { candidate } : ({ create: true } as const);
    return context.sync.resolveMatch(proposal, choice, ask(context, mode));
  }),
  resolveConflict: acting('sync', async ({ id, choices, mode }: ConflictArguments, context) => {
    const named = parseId(id)?.kind === 'Conflict';
    const [first] = await matched(context, named ? { id: { eq: id } } : { link: { eq: id } });
    if (first === undefined)
      throw badInput(`There is no open conflict ${id}; conflicts lists those there are`, ['id']);
    const decided = decisions(context, { conflict: first, named }, choices);
    return aboutChoices(decided, () => context.sync.resolveConflict(first.id, decided, ask(context, mode)));
  }),
  resolveConflicts: acting('sync', (args: BulkArguments, context) =>
    bulkResolve(context, args, ask(context, args.mode)),
  ),
  removeRule: acting('sync', async ({ id, mode }: RuleArguments, { sql, sync }) => {
    const stored = storedId(id, ['Rule'], ['id']);
    const rule = mode === 'PREVIEW' ? (await rulesOf(sql, null, stored))[0] : await removeRule(sql, stored);
    if (!rule) throw badInput(`There is no rule ${id}; rules lists those that stand`, ['id']);
    if (mode !== 'PREVIEW') await sync.settingsChanged();
    return rule;
  }),
  retry: acting('sync', async ({ ids, flow, code, since, until, mode }: RetryArguments, context) => {
    if (!ids && !flow && !code && !since && !until)
      throw badInput('Give ids, a flow, a code or a time', ['ids']);
    if (since && until && Date.parse(since) >= Date.parse(until))
      throw badInput(`A time from ${since} until ${until} is empty: since has to lie before until`, [
        'until',
      ]);
    const {
      matched: found,
      results,
      reasons,
    } = await context.sync.retry(
      {
        ...(ids && { ids: ids.map((id, n) => storedId(id, retried, ['ids', n])) }),
        ...(flow && { mapping: mappingOf(flow) }),
        ...(code && { code }),
        ...(since && { since }),
        ...(until && { until }),
      },
      ask(context, mode),
    );
    const applied = mode === 'PREVIEW' ? 0 : found;
    return { matched: found, applied, failed: 0, left: 0, reasons, results, rules: [] };
  }),
};

/** Whose ids name work that runs again. */
const retried = ['DeadLetter', 'Link', 'Customer', 'Contact', 'Product', 'Quote', 'Order', 'User'] as const;

interface MatchArguments {
  readonly id: string;
  readonly candidate?: string | null;
  readonly create?: boolean | null;
  readonly mode: Mode;
}

interface ConflictArguments {
  readonly id: string;
  readonly choices: readonly GivenChoice[];
  readonly mode: Mode;
}

interface RuleArguments {
  readonly id: string;
  readonly mode: Mode;
}

interface BulkArguments {
  readonly filter: Filter;
  readonly choose: string;
  readonly always?: boolean | null;
  readonly mode: Mode;
}

interface RetryArguments {
  readonly ids?: readonly string[] | null;
  readonly flow?: string | null;
  readonly code?: string | null;
  readonly since?: string | null;
  readonly until?: string | null;
  readonly mode: Mode;
}
