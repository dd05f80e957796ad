import type { LineChange } from '../core/connector.ts';

/**
 * What several links of a deal ask of one line is one change of it: a system takes one per line and write, and of two
 * it would carry out the last alone. They never ask for different values of one field, see the fold.
 */
export function onePerLine(changes: readonly LineChange[]): readonly LineChange[] {
  const out = new Map<string | symbol, LineChange>();
  for (const change of changes) {
    const key = change.lineId ?? Symbol('a line that gets its id from the system');
    const before = out.get(key);
    if (before?.kind === 'add' && change.kind === 'remove') out.delete(key);
    // Whoever changes a line that another link adds has seen it added, in whatever order the two are named.
    else if (before?.kind === 'change' && change.kind === 'add')
      out.set(key, { ...change, fields: { ...change.fields, ...before.fields } });
    else if (before && before.kind !== 'remove' && change.kind === 'change')
      out.set(key, { ...before, fields: { ...before.fields, ...change.fields } });
    else out.set(key, change);
  }
  return [...out.values()];
}
