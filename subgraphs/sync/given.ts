import { badInput, checkArguments } from '../system/arguments.ts';

/**
 * Refuses arguments before anything is done with them: what a scalar refused, and texts that the database cannot hold.
 * A search only looks, and looks past such characters. Throws BAD_USER_INPUT with the path.
 */
export function checkGiven(args: object): void {
  const { search: _, ...given } = args as Readonly<Record<string, unknown>>;
  checkArguments(args as Readonly<Record<string, unknown>>);
  for (const [name, value] of Object.entries(given)) checkTexts(value, [name]);
}

function checkTexts(value: unknown, path: readonly (string | number)[]): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw badInput('A text cannot hold the character NUL', path);
    if (!value.isWellFormed()) throw badInput('A text cannot hold half of a surrogate pair', path);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value))
    checkTexts(inner, [...path, Array.isArray(value) ? Number(name) : name]);
}
