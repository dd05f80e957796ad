import { queryRecords } from './query.ts';
import type { Reading } from './read.ts';
import type { Due } from './rules.ts';
import type { Writing } from './settle.ts';
import type { Run } from './sql-text.ts';
import { type Access, type Bell, writeAll } from './write.ts';

/** What carrying out due changes needs. */
export interface DueParts {
  /** For questions. */
  readonly run: Run;
  readonly access: Access;
  readonly writing: Writing;
  readonly reading: Reading;
  readonly due: readonly Due[];
  readonly today: () => string;
  readonly bell: Bell;
}

/** Records looked at in one go. */
const pageSize = 200;

/**
 * Carries out what has come due, and answers how many records that moved. Safe to run at any time and by several
 * processes at once: a record that somebody moved meanwhile is left as it is.
 */
export async function settleDue({ due, ...parts }: DueParts): Promise<number> {
  let moved = 0;
  for (const each of due) moved += await settleOne(parts, each);
  return moved;
}

async function settleOne(parts: Omit<DueParts, 'due'>, { entity, where, fields }: Due): Promise<number> {
  const { run, access, reading, writing, bell } = parts;
  let moved = 0;
  for (let after: string | undefined; ; ) {
    const page = await queryRecords(run, reading, entity, {
      where: where(parts.today()),
      archived: false,
      first: pageSize,
      withTotal: false,
      ...(after !== undefined && { after }),
    });
    const results = await writeAll(
      access,
      writing,
      page.edges.map(({ node }) => ({
        kind: 'update',
        entity,
        id: node.id,
        fields,
        ifVersion: node.version,
      })),
      { actor: 'calendar', origin: 'system' },
      bell,
    );
    moved += results.filter(({ kind }) => kind === 'updated').length;
    if (!page.hasNextPage) return moved;
    after = page.edges.at(-1)!.cursor;
  }
}
