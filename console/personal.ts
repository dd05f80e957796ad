/** What of a text is personal by its form: addresses of mail, telephone numbers, and the values a database quotes. */
const inText: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '***@***'],
  [/(?<![\w+])\+\d(?:[ ()-]{0,2}\d){6,14}(?!\w)/g, '+***'],
  // "Key (email)=(ann@x.no) already exists.", "Failing row contains (1, Ann, …)."
  [/(Key \([^)]*\)=)\((?:[^()]|\([^()]*\))*\)/g, '$1(***)'],
  [/(Failing row contains )\(.*\)/gs, '$1(***)'],
  // What Drizzle says of a statement that failed ends with the values it was given.
  [/^(params: ).*(?:\n(?! {4}at ).*)*/gm, '$1***'],
];

/** Properties of a database's errors that hold the values a statement was given. */
const OF_STATEMENTS: ReadonlySet<string> = new Set(['params', 'parameters', 'args']);

/** A text without what is personal in it by its form; a name among other words is not found. */
export function withoutPersons(text: string): string {
  return inText.reduce((masked, [pattern, shown]) => masked.replace(pattern, shown), text);
}

/** Whether a property of this name of an error holds the values of a statement. */
export const holdsValues = (name: string): boolean => OF_STATEMENTS.has(name);
