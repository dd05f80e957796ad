import { exitCode, linesOf, type Result } from './acts.ts';
import { how, type Options, type Run } from './command.ts';
import type { Operator } from './operator.ts';
import { OperatorError } from './operator.ts';
import { oneOf, sides } from './words.ts';

/** Ends a link, or shows what that would do. */
export const unlink: Run = async (operator, options, [id = '']) => {
  const { unlink: result } = await operator.ask<{ unlink: Result }>('Unlink', {
    id,
    keep: typeof options.keep === 'string' ? oneOf(keeps, '--keep', options.keep) : 'BOTH',
    ...how(options),
  });
  return tell(operator, options, [result]);
};

/** Links a record with another one than now, or shows what that would do. */
export const relink: Run = async (operator, options, [id = '']) => {
  const { crmId, erpId } = options;
  if ((crmId === undefined) === (erpId === undefined))
    throw new OperatorError(
      'Give exactly one of --crm-id and --erp-id: the record that it is to be linked with.',
      2,
    );
  const { relink: result } = await operator.ask<{ relink: Result }>('Relink', {
    id,
    crmId: crmId ?? null,
    erpId: erpId ?? null,
    ...how(options),
  });
  return tell(operator, options, [result]);
};

/** Links the records of two pairs the other way round, or shows what that would do. */
export const swap: Run = async (operator, options, [a = '', b = '']) => {
  const { swapLinks: results } = await operator.ask<{ swapLinks: readonly Result[] }>('SwapLinks', {
    a,
    b,
    prefer: typeof options.prefer === 'string' ? oneOf(sides, '--prefer', options.prefer) : null,
    ...how(options),
  });
  return tell(operator, options, results);
};

const keeps = ['both', 'crm', 'erp'];

function tell(operator: Operator, { preview }: Options, results: readonly Result[]): number {
  operator.show(results, () => results.flatMap((result) => linesOf(result, preview === true)));
  return Math.max(...results.map(exitCode));
}
