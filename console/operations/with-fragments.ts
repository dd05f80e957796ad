/** Texts by name: `LatestEvents` is what `latest-events.graphql` holds. */
export type Texts = ReadonlyMap<string, string>;

/** The text with the fragments it names, and those they name. */
export function withFragments(text: string, fragments: Texts): string {
  const needed = new Set<string>();
  const look = (part: string) => {
    for (const [, name] of part.matchAll(/\.\.\.(\w+)/g)) {
      if (name === undefined || needed.has(name)) continue;
      needed.add(name);
      look(fragments.get(name) ?? '');
    }
  };
  look(text);
  return [text, ...[...needed].map((name) => fragments.get(name) ?? '')].join('\n');
}

/** `latest-events` → `LatestEvents`: what a file holds is named after it. */
export function operationName(file: string): string {
  return file.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
