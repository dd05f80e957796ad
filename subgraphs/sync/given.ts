import { checkArguments, checkTexts } from '../system/arguments.ts';

/**
 * Refuses arguments before anything is done with them: what a scalar refused, and texts that the database cannot hold.
 * A search only looks, and looks past such characters. Throws BAD_USER_INPUT with the path.
 */
export function checkGiven(args: object): void {
  const { search: _, ...given } = args as Readonly<Record<string, unknown>>;
  checkArguments(args as Readonly<Record<string, unknown>>);
  for (const [name, value] of Object.entries(given)) checkTexts(value, [name]);
}
