/** A mistake in what the import was told (map file, project file, CSV header): the message lists all of them, each with its remedy. */
export class ImportMistake extends Error {}

/** Throws an ImportMistake that lists the mistakes of one file; does nothing where there are none. */
export function refuseMistakes(file: string, mistakes: readonly string[]): void {
  if (mistakes.length === 0) return;
  const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`;
  throw new ImportMistake(`${file} has ${count}:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
}
