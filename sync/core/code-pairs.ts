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

/**
 * The pairs that stand once this one is set: what it says of a code no other says any more, unless it holds only for a
 * time. A pair that is left with nothing to say goes.
 */
export function withPair(standing: readonly CodePair[], pair: CodePair): readonly CodePair[] {
  const others = standing.filter((each) => !isPair(pair)(each));
  if (pair.validFrom !== null || pair.validTo !== null) return [...others, pair];
  const kept = others.flatMap((each) => {
    const stillReads = reads(each) && !(reads(pair) && each.erp === pair.erp);
    const stillWrites = writes(each) && !(writes(pair) && each.crm === pair.crm);
    if (!stillReads && !stillWrites) return [];
    const direction: CodeDirection = stillReads ? (stillWrites ? 'both' : 'toCrm') : 'toErp';
    return [{ ...each, direction }];
  });
  return [...kept, pair];
}

/** The pairs that stand once this one is taken away. */
export const withoutPair = (standing: readonly CodePair[], pair: CodeKey): readonly CodePair[] =>
  standing.filter((each) => !isPair(pair)(each));

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
