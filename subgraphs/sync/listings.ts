import type { PropertyType } from '../system/entity.ts';
import { comparisonOf } from '../system/sdl-connection.ts';
import { actColumns } from './acts.ts';
import { parseId } from './ids.ts';
import type { Column, ColumnType, Listing } from './listing.ts';
import { wordScopes } from './rights.ts';
import { dealOf, eventColumns, linkColumns, pausedOf, shownOf } from './rows.ts';
import type { Unified, UnifiedField, UnifiedType } from './unified.ts';
import { entityOf, mappingOf, sideOf } from './words.ts';

/** The id of the unified record that row `l` shows. */
const recordOf = 'coalesce(l.record, l.id)';

/** The list of a unified type's records. */
export function unifiedListing(type: UnifiedType, types: Unified['types']): Listing {
  return {
    name: type.name,
    from: 'sync.link l',
    select: linkColumns,
    id: recordOf,
    // A link that was only just made has not been read yet: there is nothing to show of it.
    where: `l.mapping = '${type.mapping}' and ${shownOf}${type.name === 'User' ? ' and l.crm_id is not null' : ''}`,
    columns: {
      id: { comparison: 'IDFilter', sql: recordOf, type: 'text', stored: linkId },
      crmId: { comparison: 'IDFilter', sql: 'l.crm_id', type: 'text' },
      ...(type.name !== 'User' && { erpId: { comparison: 'IDFilter', sql: 'l.erp_id', type: 'text' } }),
      ...linkState,
      ...Object.fromEntries(
        type.fields.flatMap((field) => {
          const column = fieldColumn(type, types, field);
          return column === null ? [] : [[field.name, column]];
        }),
      ),
    },
    search: searched(type),
    // Everybody who asks for orders means orders; a proposal is one only for those who say so.
    ...(type.name === 'Order' && {
      unless: { names: '"PROPOSAL"', where: `not ${isProposal}` },
    }),
  };
}

/** The ERP's PROPOSAL has no counterpart among the CRM's states, so it has no normal form. */
const isProposal = `(l.crm_id is null
  and coalesce(l.overlay -> 'erp' ->> 'status', l.agreed ->> 'status', 'PROPOSAL') like '%PROPOSAL%')`;

/** The status of a unified order: PROPOSAL while there is no CRM order and the ERP says so. */
const orderStatusSql = `(case when ${isProposal} then 'PROPOSAL' else l.agreed ->> 'status' end)`;

const state = {
  comparison: 'LinkStateFilter',
  sql: `(case when l.state = 'ended' and (not l.lone or l.ended_link is not null) then l.state
    when ${pausedOf} then 'paused' when l.state = 'ended' then 'pending' else l.state end)`,
  type: 'text',
  stored: small,
} as const satisfies Column;

const linkState = {
  state,
  archived: { comparison: 'BooleanFilter', sql: '(l.crm_archived or l.erp_archived)', type: 'boolean' },
  syncedAt: instant('l.synced_at'),
  createdAt: instant('l.created_at'),
  updatedAt: instant('l.updated_at'),
} as const satisfies Readonly<Record<string, Column>>;

/** All links but those of users with salespersons, which every link of a user with an order rests on. */
export const links: Listing = {
  name: 'Link',
  from: 'sync.link l',
  select: linkColumns,
  id: 'l.id',
  where: `l.mapping <> 'user' and not l.lone`,
  columns: {
    id: { comparison: 'IDFilter', sql: 'l.id', type: 'text', stored: linkId },
    flow: { comparison: 'FlowFilter', sql: 'l.mapping', type: 'text', stored: mapping },
    crmId: { comparison: 'IDFilter', sql: 'l.crm_id', type: 'text' },
    erpId: { comparison: 'IDFilter', sql: 'l.erp_id', type: 'text' },
    ...linkState,
    linkedBy: {
      comparison: 'LinkOriginKindFilter',
      sql: `(l.linked_by ->> 'kind')`,
      type: 'text',
      stored: small,
    },
    held: { comparison: 'BooleanFilter', sql: `(l.held is not null)`, type: 'boolean' },
  },
};

/** Open conflicts; resolved ones too where the filter asks for `resolvedAt`. */
export const conflicts: Listing = {
  name: 'Conflict',
  from: 'sync.conflict c join sync.link l on l.id = c.link_id',
  select: `c.id, c.link_id as "linkId", l.mapping, c.line, c.field, c.base_crm as "baseCrm", c.base_erp as "baseErp", c.crm, c.erp, c.why,
    c.crm_by as "crmBy", c.erp_by as "erpBy", c.crm_at as "crmAt", c.erp_at as "erpAt", c.opened_at as "openedAt", c.resolved_at as "resolvedAt",
    c.resolved_by as "resolvedBy", c.choice`,
  id: 'c.id',
  where: 'true',
  unless: { names: '"resolvedAt"', where: 'c.resolved_at is null' },
  columns: {
    id: { comparison: 'IDFilter', sql: 'c.id', type: 'text', stored: idOf('Conflict') },
    flow: { comparison: 'FlowFilter', sql: 'l.mapping', type: 'text', stored: mapping },
    link: { comparison: 'IDFilter', sql: 'c.link_id', type: 'text', stored: linkId },
    field: { comparison: 'StringFilter', sql: 'c.field', type: 'text', sorts: true },
    why: { comparison: 'StringFilter', sql: 'c.why', type: 'text' },
    crmBy: { comparison: 'StringFilter', sql: 'c.crm_by', type: 'text' },
    erpBy: { comparison: 'StringFilter', sql: 'c.erp_by', type: 'text' },
    crmAt: instant('c.crm_at'),
    erpAt: instant('c.erp_at'),
    openedAt: instant('c.opened_at'),
    resolvedAt: instant('c.resolved_at'),
  },
};

/** How many records issue `i` is about now: those that wait for its code or its word, or the one that it names. */
export const recordsOfIssue = `(case when i.closed_at is not null then 0 when i.code = 'WAITS_TOO_LONG' then i.times
  when i.link_id is not null then 1
  else greatest(1, (select count(*) from sync.wait w where w.on in (i.key, 'code:' || substr(i.key, 10)))) end)::int`;

/** Open issues; closed ones too where the filter asks for `closedAt`. */
export const issues: Listing = {
  name: 'Issue',
  from: 'sync.issue i',
  select: `i.id, i.code, i.mapping, i.link_id as "linkId", i.side, i.entity, i.record_id as "recordId", i.field, i.value, i.message, i.key,
    ${recordsOfIssue} as records, i.times, i.opened_at as "openedAt", i.last_at as "lastAt", i.closed_at as "closedAt"`,
  id: 'i.id',
  where: 'true',
  unless: { names: '"closedAt"', where: 'i.closed_at is null' },
  search: ['i.message', 'i.code', 'i.field'],
  columns: {
    id: { comparison: 'IDFilter', sql: 'i.id', type: 'text', stored: idOf('Issue') },
    code: { comparison: 'StringFilter', sql: 'i.code', type: 'text', sorts: true },
    flow: { comparison: 'FlowFilter', sql: flowSql('i'), type: 'text', stored: mapping },
    link: { comparison: 'IDFilter', sql: 'i.link_id', type: 'text', stored: linkId },
    side: { comparison: 'SideFilter', sql: 'i.side', type: 'text', stored: (value) => sideOf(String(value)) },
    entity: {
      comparison: 'EntityTypeFilter',
      sql: 'i.entity',
      type: 'text',
      stored: (value) => entityOf(String(value)),
    },
    recordId: { comparison: 'IDFilter', sql: 'i.record_id', type: 'text' },
    field: { comparison: 'StringFilter', sql: 'i.field', type: 'text', sorts: true },
    message: { comparison: 'StringFilter', sql: 'i.message', type: 'text', scopes: wordScopes },
    times: { comparison: 'IntFilter', sql: 'i.times', type: 'int', sorts: true },
    openedAt: instant('i.opened_at'),
    lastAt: instant('i.last_at'),
    closedAt: instant('i.closed_at'),
  },
};

/** The same for callers who may not see every value: a search tells as much as the message. */
export const issuesWithoutWords: Listing = { ...issues, search: ['i.code', 'i.field'] };

/** The same by link (`i.of`): an issue about a code belongs to every link that meets the code. */
export const issuesOfLinks: Listing = {
  ...issues,
  from: `(select x.*, x.link_id as of from sync.issue x where x.link_id is not null
    union all select x.*, w.link_id from sync.wait w join sync.issue x on x.key = 'unmapped:' || substr(w.on, 6)
    where w.on like 'code:%') i`,
};

/** The event log in the order of its positions; the position is the cursor of subscriptions as well. */
export const events: Listing = {
  name: 'SyncEvent',
  from: 'sync.event e',
  select: eventColumns,
  id: 'e.pos',
  where: 'e.pos is not null',
  position: { sql: 'e.pos', type: 'numeric' },
  columns: {
    id: { comparison: 'IDFilter', sql: 'e.id', type: 'text', stored: idOf('Event') },
    flow: { comparison: 'FlowFilter', sql: flowSql('e'), type: 'text', stored: mapping },
    link: { comparison: 'IDFilter', sql: 'e.link_id', type: 'text', stored: linkId },
    outcome: { comparison: 'OutcomeFilter', sql: 'e.outcome', type: 'text', stored: small },
    cause: { comparison: 'CauseKindFilter', sql: `(e.cause ->> 'kind')`, type: 'text', stored: small },
    causeId: { comparison: 'StringFilter', sql: `(e.cause ->> 'id')`, type: 'text' },
    side: {
      comparison: 'SideFilter',
      sql: `(e.cause ->> 'side')`,
      type: 'text',
      stored: (value) => sideOf(String(value)),
    },
    actor: { comparison: 'StringFilter', sql: `(e.cause ->> 'actor')`, type: 'text' },
    at: { comparison: 'DateTimeFilter', sql: 'e.at', type: 'timestamptz' },
    correlationId: { comparison: 'StringFilter', sql: 'e.correlation_id', type: 'text' },
  },
};

/** What people did by hand, in the order in which they did it. */
export const acts: Listing = {
  name: 'Act',
  from: 'sync.act a',
  select: actColumns,
  id: 'a.seq',
  where: 'true',
  position: { sql: 'a.seq', type: 'numeric' },
  columns: {
    id: { comparison: 'IDFilter', sql: 'a.id', type: 'text', stored: idOf('Act') },
    name: { comparison: 'StringFilter', sql: 'a.name', type: 'text' },
    actor: { comparison: 'StringFilter', sql: 'a.actor', type: 'text' },
    reason: { comparison: 'StringFilter', sql: 'a.reason', type: 'text' },
    outcome: { comparison: 'ActOutcomeFilter', sql: 'a.outcome', type: 'text', stored: small },
    code: { comparison: 'StringFilter', sql: 'a.code', type: 'text' },
    link: { comparison: 'IDFilter', sql: 'a.link_id', type: 'text', stored: linkId },
    at: { comparison: 'DateTimeFilter', sql: 'a.at', type: 'timestamptz' },
    correlationId: { comparison: 'StringFilter', sql: 'a.correlation_id', type: 'text' },
  },
};

/** Lanes that gave up and were not retried with success yet. */
export const deadLetters: Listing = {
  name: 'DeadLetter',
  from: 'sync.dead_letter x',
  select: `x.id, x.mapping, x.link_id as "linkId", x.lane, x.code, x.message, x.request, x.answer, x.attempts, x.cause, x.at,
    x.closed_at as "closedAt"`,
  id: 'x.id',
  where: 'x.closed_at is null',
  columns: {
    code: { comparison: 'StringFilter', sql: 'x.code', type: 'text' },
    at: { comparison: 'DateTimeFilter', sql: 'x.at', type: 'timestamptz' },
  },
};

/** Proposals nobody has decided. */
export const proposals: Listing = {
  name: 'MatchProposal',
  from: 'sync.proposal p',
  select: `p.id, p.mapping, p.link_id as "linkId", p.side, p.record_id as "recordId", p.candidates, p.at,
    p.resolved_at as "resolvedAt", p.resolved_by as "resolvedBy"`,
  id: 'p.id',
  where: 'p.resolved_at is null',
  columns: {},
};

function instant(sql: string): Column {
  return { comparison: 'DateTimeFilter', sql, type: 'timestamptz', sorts: true };
}

function flowSql(alias: string): string {
  return `(case ${alias}.mapping when 'user' then 'userOrder' else ${alias}.mapping end)`;
}

function mapping(value: unknown): string {
  return mappingOf(String(value));
}

function small(value: unknown): string {
  return String(value).toLowerCase();
}

/** The id of a link, or of the unified record it stands for. */
function linkId(value: unknown): string {
  return parseId(String(value))?.id ?? String(value);
}

function idOf(kind: string): (value: unknown) => string {
  return (value) => {
    const parsed = parseId(String(value));
    if (parsed?.kind === kind) return parsed.id;
    throw new Error(`${JSON.stringify(value)} is no id of the form ${kind}_…`);
  };
}

function fieldColumn(type: UnifiedType, types: Unified['types'], field: UnifiedField): Column | null {
  const comparison = comparisonOf(field.type);
  if (comparison === null || field.property.derived === true) return null;
  if (type.name === 'Order' && field.name === 'status')
    return { comparison, sql: orderStatusSql, type: 'text', sorts: true };
  const values = field.from === 'deal' ? dealOf : 'l.agreed';
  const text = `(${values} ->> '${field.canonical}')`;
  const columnType = columnTypeOf(field.type);
  const scope = field.property.scope;
  const common = { comparison, ...(scope !== undefined && { scopes: [`read:${scope}` as const] }) };
  if (field.refers !== undefined)
    return { ...common, sql: text, type: 'text', refers: types[field.refers.to] };
  const parts = field.type.kind === 'address' && {
    parts: Object.fromEntries(
      field.type.parts.map((part) => [
        part,
        {
          comparison: 'StringFilter',
          sql: `(${values} -> '${field.canonical}' ->> '${part}')`,
          type: 'text' as const,
        },
      ]),
    ),
  };
  return { ...common, ...parts, sql: cast(text, columnType), type: columnType, sorts: true };
}

function columnTypeOf({ kind }: PropertyType): ColumnType {
  if (kind === 'int') return 'int';
  if (kind === 'decimal' || kind === 'money') return 'numeric';
  if (kind === 'boolean') return 'boolean';
  if (kind === 'date') return 'date';
  if (kind === 'dateTime') return 'timestamptz';
  return 'text';
}

/** A placeholder stands where a value has no normal form: it must not reach a cast. */
function cast(text: string, type: ColumnType): string {
  if (type === 'text') return text;
  return `(case when ${text} not like '?%' then ${text}::${type} end)`;
}

/** What people look for: names and numbers, never what only some may see. */
function searched(type: UnifiedType): readonly string[] {
  return type.fields
    .filter(({ name, from, type: { kind }, property }) => {
      if (from === 'deal' || property.scope !== undefined) return false;
      const found = name === type.title || property.indexed === true || property.unique === true;
      return found && (kind === 'text' || kind === 'code' || kind === 'email');
    })
    .map(({ canonical }) => `l.agreed ->> '${canonical}'`);
}
