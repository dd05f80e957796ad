import type { CodeDirection } from './code-lists.ts';

/** A pair of codes as its list keeps them, which way it translates, and from when to when; ISO instants, null for always. */
export interface CodePair {
  readonly list: string;
  readonly crm: string;
  readonly erp: string;
  readonly direction: CodeDirection;
  readonly validFrom: string | null;
  readonly validTo: string | null;
}

/** Which pair. */
export type CodeKey = Pick<CodePair, 'list' | 'crm' | 'erp'>;

/** Whether the ERP's code is read as the CRM's, and whether the CRM's is written as the ERP's. */
const reads = ({ direction }: CodePair): boolean => direction !== 'toErp';
const writes = ({ direction }: CodePair): boolean => direction !== 'toCrm';

const isPair =
  ({ crm, erp }: CodeKey) =>
  (each: CodeKey): boolean =>
    each.crm === crm && each.erp === erp;

const isAlways = ({ validFrom, validTo }: CodePair): boolean => validFrom === null && validTo === null;

/**
 * The pairs of one list as they stand, of those that were told in this order: what one says of a code no earlier one says
 * any more, unless it holds only for a time. A pair that is left with nothing to say is not among them, until the one to
 * which it yielded is taken away.
 */
export const standingPairs = (told: readonly CodePair[]): readonly CodePair[] =>
  told.reduce<readonly CodePair[]>(withPair, []);

function withPair(standing: readonly CodePair[], pair: CodePair): readonly CodePair[] {
  if (!isAlways(pair)) return [...standing, pair];
  const kept = standing.flatMap((each) => {
    const stillReads = reads(each) && !(reads(pair) && each.erp === pair.erp);
    const stillWrites = writes(each) && !(writes(pair) && each.crm === pair.crm);
    if (!stillReads && !stillWrites) return [];
    const direction: CodeDirection = stillReads ? (stillWrites ? 'both' : 'toCrm') : 'toErp';
    return [{ ...each, direction }];
  });
  return [...kept, pair];
}

/** What was told without this pair. */
export const withoutPair = (told: readonly CodePair[], pair: CodeKey): readonly CodePair[] =>
  told.filter((each) => !isPair(pair)(each));

/** Pairs in which one of these codes stands. */
export const pairsOf = (pairs: readonly CodePair[], { crm, erp }: CodeKey): readonly CodePair[] =>
  pairs.filter((each) => each.crm === crm || each.erp === erp);

/** A pair that another one leaves another direction, set or taken away; null for none. */
export interface TurnedPair extends Pick<CodePair, 'crm' | 'erp'> {
  readonly before: CodeDirection | null;
  readonly after: CodeDirection | null;
}

/** The other pairs that have another direction after than before. */
export function turnedPairs(
  before: readonly CodePair[],
  after: readonly CodePair[],
  pair: CodeKey,
): readonly TurnedPair[] {
  const others = withoutPair(
    [...new Map([...before, ...after].map((each) => [keyOf(each), each])).values()],
    pair,
  );
  const directionIn = (pairs: readonly CodePair[], of: CodePair) => pairs.find(isPair(of))?.direction ?? null;
  return others
    .map((each) => ({
      crm: each.crm,
      erp: each.erp,
      before: directionIn(before, each),
      after: directionIn(after, each),
    }))
    .filter((each) => each.before !== each.after);
}

const keyOf = ({ crm, erp }: CodeKey): string => JSON.stringify([crm, erp]);

/** Codes of the CRM that are read from the ERP or written there otherwise after than before. */
export function codesChanged(
  before: readonly CodePair[],
  after: readonly CodePair[],
  { crm, erp }: CodeKey,
): readonly string[] {
  const writtenAs = (pairs: readonly CodePair[]) =>
    pairs.filter((each) => writes(each) && each.crm === crm).map((each) => each.erp);
  const readAs = (pairs: readonly CodePair[]) =>
    pairs.filter((each) => reads(each) && each.erp === erp).map((each) => each.crm);
  const read = readAs(before);
  return [
    ...new Set([
      ...(String(writtenAs(before)) === String(writtenAs(after)) ? [] : [crm]),
      ...(String(read) === String(readAs(after)) ? [] : read),
    ]),
  ];
}
