import { OperatorError } from './operator.ts';

/** Given is what an option says; `usual` counts where nothing was given. */
interface Asked {
  readonly of: string;
  readonly from: number;
  readonly to?: number;
  readonly usual: number;
}

/** The number that an option says. Throws an OperatorError that names the option, the value and what would be taken. */
export function wholeNumber(
  name: string,
  given: string | boolean | undefined,
  { of, from, to, usual }: Asked,
): number {
  if (given === undefined) return usual;
  const number = Number(given);
  if (Number.isInteger(number) && number >= from && number <= (to ?? number)) return number;
  const range = to === undefined ? `at least ${from}` : `from ${from} to ${to}`;
  throw new OperatorError(`${name} ${given} has to be a whole number of ${of}, ${range}.`, 2);
}
