import type { Json, MappingName, Side } from '../core/types.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

/** Two records that may stand for the same thing. */
export interface NewProposal {
  readonly id: string;
  readonly mapping: MappingName;
  readonly linkId: string;
  readonly side: Side;
  readonly recordId: string;
  readonly candidates: readonly {
    readonly id: string;
    readonly title: string;
    readonly score: number;
    readonly evidence: readonly { readonly field: string; readonly value: Json }[];
    /** The link the candidate has already, if any. */
    readonly linkedTo: string | null;
  }[];
}

/** Opens proposals, one per unlinked record; an open one is brought up to date. */
export function saveProposals(tx: Tx | Sql, proposals: readonly NewProposal[]): Statement | null {
  if (proposals.length === 0) return null;
  return tx`
    insert into sync.proposal (id, mapping, link_id, side, record_id, candidates)
    select id, mapping, "linkId", side, "recordId", candidates
    from jsonb_to_recordset(${rows(proposals)}::text::jsonb)
      as r(id text, mapping text, "linkId" text, side text, "recordId" text, candidates jsonb)
    on conflict (link_id) where resolved_at is null do update set candidates = excluded.candidates`;
}

/** Open proposals per flow. */
export async function countProposals(
  sql: Sql,
  mappings: readonly MappingName[],
): Promise<readonly { readonly mapping: MappingName; readonly n: number }[]> {
  return sql<{ mapping: MappingName; n: number }[]>`
    select mapping, count(*) as n from sync.proposal
    where resolved_at is null and mapping = any(${[...mappings]}::text[]) group by 1`;
}
