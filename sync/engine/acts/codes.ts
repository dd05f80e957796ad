import { type CodeDirection, codeAsKept, codeLists } from '../../core/code-lists.ts';
import type { CodeKey, CodePair } from '../../core/code-pairs.ts';
import { languageOf } from '../../core/codecs/codes.ts';
import { countries } from '../../core/codecs/countries.ts';
import { isCurrency } from '../../core/currencies.ts';
import { SyncError } from '../../core/errors.ts';
import { dropCode, pairsOfCodes, putCode } from '../../store/code-map.ts';
import { releaseCode } from '../release-code.ts';
import type { Configuring } from './configure.ts';

/** A pair of codes as a caller gives it; the direction is the list's own where it is left out. */
export type GivenCode = CodeKey &
  Pick<CodePair, 'validFrom' | 'validTo'> & { readonly direction?: CodeDirection };

/** Maps a code: for steps from now on. What waited for it goes on. */
export async function setCode(
  { sql, settings }: Configuring,
  given: GivenCode,
  actor: string,
): Promise<CodePair> {
  const pair = codeToSet(given);
  await putCode(sql, pair);
  await settings.refresh(sql);
  await releaseCode(sql, pair, actor);
  return pair;
}

/** Takes a pair away. Records keep what they show; who syncs next and has such a code finds that nobody mapped it. */
export async function removeCode({ sql, settings }: Configuring, given: CodeKey): Promise<CodePair> {
  const { list, crm, erp } = await codeToRemove({ sql }, given);
  const removed = await dropCode(sql, { list, crm, erp });
  if (!removed) throw noPair({ list, crm, erp });
  await settings.refresh(sql);
  return removed;
}

/** The pair as its list keeps it. Throws BAD_USER_INPUT, naming the argument, for what cannot be a code there. */
export function codeToSet(given: GivenCode): CodePair {
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
  return { list, crm, erp, direction, validFrom, validTo };
}

/** The pair of exactly these codes. Throws BAD_USER_INPUT where there is none. */
export async function codeToRemove({ sql }: Pick<Configuring, 'sql'>, given: CodeKey): Promise<CodePair> {
  const key = asKept(given);
  const pairs = await pairsOfCodes(sql, key);
  const found = pairs.find(({ crm, erp }) => crm === key.crm && erp === key.erp);
  if (!found) throw noPair(key);
  return found;
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
