import { type CodeDirection, codeAsKept, codeLists } from '../../core/code-lists.ts';
import {
  type CodeKey,
  type CodePair,
  standingPairs,
  type TurnedPair,
  turnedPairs,
  withoutPair,
} from '../../core/code-pairs.ts';
import { languageOf } from '../../core/codecs/codes.ts';
import { countries } from '../../core/codecs/countries.ts';
import { isCurrency } from '../../core/currencies.ts';
import { SyncError } from '../../core/errors.ts';
import { dropCode, lockCodes, putCode, toldPairs } from '../../store/code-map.ts';
import type { Sql, Tx } from '../../store/sql.ts';
import { releaseCode } from '../release-code.ts';
import type { Configuring } from './configure.ts';

/** A pair of codes as a caller gives it; the direction is the list's own where it is left out. */
export type GivenCode = CodeKey &
  Pick<CodePair, 'validFrom' | 'validTo'> & { readonly direction?: CodeDirection };

/** A pair that was set or taken away, and the others that it leaves another direction. */
export type CodeSet = CodePair & { readonly others: readonly TurnedPair[] };

/** What setting a pair, or taking it away, does to its list. */
export interface CodeAct {
  readonly pair: CodePair;
  /** The list as it stands and as it would. */
  readonly before: readonly CodePair[];
  readonly after: readonly CodePair[];
}

/** Judges an act by what its list was told, and stores it, with nobody else in between. */
function inList(
  sql: Sql,
  list: string,
  judge: (told: readonly CodePair[]) => CodeAct,
  store: (tx: Tx, pair: CodePair) => Promise<void>,
): Promise<CodeAct> {
  return sql.begin(async (tx) => {
    await lockCodes(tx);
    const act = judge(await toldPairs(tx, list));
    await store(tx, act.pair);
    return act;
  });
}

/** Maps a code: for steps from now on. What waited for it goes on. */
export async function setCode(
  { sql, settings }: Configuring,
  given: GivenCode,
  actor: string,
): Promise<CodeSet> {
  const act = await inList(sql, given.list, (told) => codeToSet(told, given), putCode);
  await settings.refresh(sql);
  await releaseCode(sql, act.pair, actor);
  return withOthers(act);
}

/**
 * Takes a pair away; what yielded to it stands again. Records keep what they show; who syncs next and has a code that
 * nobody maps any more finds that.
 */
export async function removeCode(
  { sql, settings }: Configuring,
  given: CodeKey,
  actor: string,
): Promise<CodeSet> {
  const act = await inList(sql, given.list, (told) => codeToRemove(told, given), dropCode);
  await settings.refresh(sql);
  const set = withOthers(act);
  for (const each of act.after)
    if (set.others.some(({ crm, erp }) => crm === each.crm && erp === each.erp))
      await releaseCode(sql, each, actor);
  return set;
}

/** The pair of such an act with the others that it turns. */
export const withOthers = ({ pair, before, after }: CodeAct): CodeSet => ({
  ...pair,
  others: turnedPairs(before, after, pair),
});

/** The pair as its list keeps it. Throws BAD_USER_INPUT, naming the argument, for what cannot be a code there. */
export function codeToSet(told: readonly CodePair[], given: GivenCode): CodeAct {
  const seed = codeLists.find(({ list }) => list === given.list);
  if (!seed) throw refused('list', `There is no code list ${given.list}.`);
  mustBeCode('crm', given.crm, longestCode);
  // A spelling is a text that people write.
  mustBeCode('erp', given.erp, seed.spellings ? longestSpelling : longestCode);
  const { list, crm, erp } = asKept(given);
  if (seed.standard && !standards[list]?.(crm))
    throw refused(
      'crm',
      `${JSON.stringify(crm)} is no code of ${seed.standard}, which the CRM has: give such a code as crm, and what the ERP has as erp.`,
    );
  const { validFrom, validTo, direction = seed.spellings ? 'toCrm' : 'both' } = given;
  if (validFrom && validTo && Date.parse(validFrom) >= Date.parse(validTo))
    throw refused('validTo', `validTo ${validTo} has to lie after validFrom ${validFrom}.`);
  const pair = { list, crm, erp, direction, validFrom, validTo };
  return { pair, before: standingPairs(told), after: standingPairs([...withoutPair(told, pair), pair]) };
}

/** The pair of exactly these codes. Throws BAD_USER_INPUT where there is none. */
export function codeToRemove(told: readonly CodePair[], given: CodeKey): CodeAct {
  const key = asKept(given);
  const before = standingPairs(told);
  const pair = [...before, ...told].find(({ crm, erp }) => crm === key.crm && erp === key.erp);
  if (!pair) throw noPair(key);
  return { pair, before, after: standingPairs(withoutPair(told, key)) };
}

/** Characters of a code, and of what people write for one. */
const longestCode = 20;
const longestSpelling = 100;

/** Whether the standard of a list has a code. */
const standards: Readonly<Record<string, (code: string) => boolean>> = {
  country: (code) => countries.has(code),
  currency: isCurrency,
  language: (code) => languageOf(code) !== undefined,
};

function asKept({ list, crm, erp }: CodeKey): CodeKey {
  const own = codeAsKept(list, crm);
  return { list, crm: (list === 'language' && languageOf(own)) || own, erp: codeAsKept(list, erp) };
}

function mustBeCode(argument: 'crm' | 'erp', given: string, longest: number): void {
  const { length } = given.trim();
  if (length === 0 || length > longest)
    throw refused(
      argument,
      `A code has 1 to ${longest} characters; ${JSON.stringify(given.slice(0, 80))} has ${length}.`,
    );
}

const noPair = ({ list, crm, erp }: CodeKey): SyncError =>
  refused('erp', `The list ${inCapitals(list)} does not map ${crm} to ${erp}; codes lists what it maps.`);

/** Lists as callers name them: `PAYMENT_TERMS`. */
const inCapitals = (list: string): string => list.replaceAll(/[A-Z]/g, '_$&').toUpperCase();

const refused = (argument: string, message: string): SyncError =>
  new SyncError('BAD_USER_INPUT', message, { detail: { argument } });
