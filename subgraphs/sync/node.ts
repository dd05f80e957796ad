import type { SyncContext } from './context.ts';
import { parseId } from './ids.ts';
import type { Listing } from './listing.ts';
import { acts, deadLetters, issues, proposals } from './listings.ts';
import { recordOf } from './resolvers-unified.ts';
import { rulesOf } from './rules.ts';
import { runOf } from './runs.ts';
import type { Unified, UnifiedName, UnifiedType } from './unified.ts';

/** What has a global id. Null for an id that nothing has, of whatever form: that is what Relay's refetching expects. */
export async function node(unified: Unified, id: string, context: SyncContext): Promise<object | null> {
  const parsed = parseId(id);
  if (parsed === null) return null;
  const { sql, load } = context;
  const type = unified.types[parsed.kind as UnifiedName] as UnifiedType | undefined;
  if (type !== undefined && Object.hasOwn(unified.types, parsed.kind))
    return recordOf(context, type, parsed.id);
  switch (parsed.kind) {
    case 'Link':
      return named('Link', await load.link.load(parsed.id));
    case 'Event':
      return named('SyncEvent', await load.event.load(parsed.id));
    case 'Run':
      return named('Run', await runOf(sql, parsed.id));
    case 'Issue':
      return named('Issue', await one(context, issues, 'i.id', parsed.id));
    case 'DeadLetter':
      return named('DeadLetter', await one(context, deadLetters, 'x.id', parsed.id));
    case 'MatchProposal':
      return named('MatchProposal', await one(context, proposals, 'p.id', parsed.id));
    case 'Act':
      return named('Act', await one(context, acts, 'a.id', parsed.id));
    case 'Rule':
      return named('Rule', (await rulesOf(sql, null, parsed.id))[0] ?? null);
    default:
      return null;
  }
}

/** A copy under the name of its type: the row itself may be known under another (a link is also a record). */
function named(__typename: string, row: object | null): object | null {
  return row === null ? null : { ...row, __typename };
}

async function one(
  { sql }: SyncContext,
  { select, from }: Listing,
  idOf: string,
  id: string,
): Promise<object | null> {
  const [row] = await sql.unsafe<object[]>(`select ${select} from ${from} where ${idOf} = $1`, [id]);
  return row ?? null;
}
