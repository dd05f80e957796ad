/**
 * The tables of the sync: links with their bases, lanes, events, and what people have to look at. No table here knows
 * how either system stores anything. Ids are made by the application; times are the database's.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { jsonb } from './postgres/jsonb.ts';

export const sync = pgSchema('sync');

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' });

/** Two records that stand for the same thing, or one that waits for its counterpart: the unified record. */
export const link = sync.table(
  'link',
  {
    id: text().primaryKey(),
    mapping: text().notNull(),
    crmId: text('crm_id'),
    erpId: text('erp_id'),
    /** Where its work queues: `link:<id>`, or `deal:<id>` shared by the links of one deal. */
    lane: text().notNull(),
    /** pending waiting synced conflict failed ended; paused is shown by its flow. */
    state: text().notNull().default('pending'),
    /** How it came to be: { kind: match|create|manual, key, score }. */
    linkedBy: jsonb('linked_by').notNull(),
    /** Canonical values both sides agree on; for a record without counterpart, its own. */
    agreed: jsonb().notNull(),
    /**
     * What it belongs to, by the links of its customer, owner and quote. Columns of their own, since an index over an
     * expression of `agreed` would make each of its changes write every index of the table anew.
     */
    customerId: text('customer_id').generatedAlwaysAs(sql`agreed ->> 'customerId'`),
    ownerId: text('owner_id').generatedAlwaysAs(sql`agreed ->> 'ownerId'`),
    quoteId: text('quote_id').generatedAlwaysAs(sql`agreed ->> 'quoteId'`),
    /** Where a side's base differs from `agreed`: { crm: {…}, erp: {…} }. */
    overlay: jsonb(),
    /** False until both sides have agreed once. */
    based: boolean().notNull().default(false),
    /** Version each record had when it was last read or written. */
    crmVersion: text('crm_version'),
    erpVersion: text('erp_version'),
    crmArchived: boolean('crm_archived').notNull().default(false),
    erpArchived: boolean('erp_archived').notNull().default(false),
    /** Fields that can't travel now. */
    held: jsonb(),
    /** Blockers of the record as a whole, with the reason. */
    waitsFor: jsonb('waits_for'),
    /** Times a field was written back and forth: { field: n }. */
    flips: jsonb(),
    /** When values that are not agreed yet were edited: { crm: { field: { at, value } }, erp: { … } }. */
    edits: jsonb(),
    /** Closed orders: edits of the user no longer reach them. */
    closed: boolean().notNull().default(false),
    /** Why it ended: deleted, archived, unlinked, superseded, merged, erased. */
    endedBy: text('ended_by'),
    /** Of one that a merge has ended, the link that its records mean from then on. */
    heir: text(),
    /** No link, but a record that no live link holds. It is in the state ended, so that no step works on it. */
    lone: boolean().notNull().default(false),
    /** Of a lone record, the id of the unified record that shows it; null while a live link has it. */
    record: text(),
    /** Of a lone record, the link that it had; null where it never had one. */
    endedLink: text('ended_link'),
    syncedAt: instant('synced_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex('link_crm').on(t.mapping, t.crmId).where(sql`state <> 'ended' and mapping <> 'userOrder'`),
    uniqueIndex('link_erp').on(t.mapping, t.erpId).where(sql`state <> 'ended'`),
    // A deal has one order: of two steps that make its link, the second plans again on what the first one made.
    uniqueIndex('link_deal_order')
      .on(t.lane)
      .where(sql`mapping = 'order' and state <> 'ended' and lane like 'deal:%'`),
    index('link_crm_any').on(t.crmId, t.mapping),
    index('link_erp_any').on(t.erpId, t.mapping),
    index('link_lane').on(t.lane),
    index('link_list').on(t.mapping, t.id),
    index('link_record')
      .on(t.mapping, sql`coalesce(record, id)`)
      .where(sql`state <> 'ended' or record is not null`),
    uniqueIndex('link_lone')
      .on(t.mapping, sql`(crm_id is null)`, sql`coalesce(crm_id, erp_id)`)
      .where(sql`lone`),
    index('link_open').on(t.mapping, t.state).where(sql`state not in ('synced', 'ended')`),
    index('link_customer').on(t.customerId, t.mapping).where(sql`customer_id is not null`),
    index('link_owner').on(t.ownerId, t.mapping).where(sql`owner_id is not null`),
    index('link_quote').on(t.quoteId).where(sql`mapping = 'order'`),
  ],
);

/** Two lines that stand for the same thing. An ended row is a tombstone: an old snapshot can't bring the line back. */
export const lineLink = sync.table(
  'line_link',
  {
    id: text().primaryKey(),
    linkId: text('link_id')
      .notNull()
      .references(() => link.id, { onDelete: 'cascade' }),
    crmLineId: text('crm_line_id'),
    erpLineId: text('erp_line_id'),
    position: integer().notNull(),
    agreed: jsonb().notNull(),
    overlay: jsonb(),
    based: boolean().notNull().default(true),
    ended: boolean().notNull().default(false),
  },
  (t) => [
    index('line_link_of').on(t.linkId, t.position),
    index('line_link_crm').on(t.crmLineId),
    index('line_link_erp').on(t.erpLineId),
  ],
);

/** The queue: one row per pair or deal that has work to do. Gone when the work is done. */
export const lane = sync.table(
  'lane',
  {
    key: text().primaryKey(),
    /** Doorbells not answered yet; settling subtracts what was really seen. */
    n: bigint({ mode: 'number' }).notNull().default(1),
    /** Which records rang and with which version: { "crm:Customer:42": "7" }. */
    rung: jsonb().notNull().default(sql`'{}'`),
    /** When somebody else than the sync last edited them, as the news told: { "crm:Customer:42": instant }. */
    edits: jsonb().notNull().default(sql`'{}'`),
    /** Why it runs: { kind: change|mutation|run|retry|rule|release, id, side, actor, at }. */
    cause: jsonb().notNull(),
    /** Live work is 0; backfill and reconciliation 1. */
    priority: integer().notNull().default(0),
    mapping: text().notNull(),
    runAt: instant('run_at').notNull().defaultNow(),
    lockedUntil: instant('locked_until'),
    token: bigint({ mode: 'number' }),
    /** What had rung it when it was leased: a run waits for its own, whatever has rung since. */
    heldFor: text('held_for'),
    /** How often in a row its step has failed. */
    attempts: integer().notNull().default(0),
    /** How often it has come back to wait a moment for another record; no failure. */
    putOff: integer('put_off').notNull().default(0),
    enqueuedAt: instant('enqueued_at').notNull().defaultNow(),
  },
  (t) => [
    index('lane_ready').on(t.priority, t.runAt).where(sql`locked_until is null`),
    index('lane_of_flow').on(t.mapping, t.priority, t.runAt).where(sql`locked_until is null`),
    index('lane_leased').on(t.lockedUntil).where(sql`locked_until is not null`),
  ],
);

/** A worker process that holds leases; a row older than its deadline is dead and its lanes are free. */
export const worker = sync.table('worker', {
  token: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  aliveUntil: instant('alive_until').notNull(),
});

/** How far the calls to a system are booked, by the database's clock: all processes share one budget. */
export const budget = sync.table('budget', {
  side: text().primaryKey(),
  /** When the last call that was booked is paid for at the system's rate. */
  paidAt: instant('paid_at').notNull().defaultNow(),
});

/** Match-key values that a creation in flight has claimed, so that two twins can't both be created. */
export const claim = sync.table(
  'claim',
  {
    mapping: text().notNull(),
    value: text().notNull(),
    lane: text().notNull(),
    until: instant('until').notNull(),
  },
  (t) => [primaryKey({ columns: [t.mapping, t.value] })],
);

/**
 * Normal forms under which records are found by those that look like them, hashed: `find` of a system only knows equal
 * values. What stands here only hints at a record; whether it is alike is judged on the record as it is.
 */
export const matchKey = sync.table(
  'match_key',
  {
    mapping: text().notNull(),
    side: text().notNull(),
    key: text().notNull(),
    record: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.mapping, t.side, t.key, t.record] })],
);

/** A link that a preview under way would make, found by either record: what comes later in its walk refers to it. */
export const previewLink = sync.table(
  'preview_link',
  {
    run: text().notNull(),
    mapping: text().notNull(),
    side: text().notNull(),
    record: text().notNull(),
    link: text().notNull(),
    lane: text().notNull(),
    /** The record on the other side, where there would be one. */
    counterpart: text(),
  },
  (t) => [
    primaryKey({ columns: [t.run, t.mapping, t.side, t.record] }),
    index('preview_link_deal').on(t.run, t.lane).where(sql`${t.lane} like 'deal:%'`),
  ],
);

/** How far the records that were there before have been walked for their match keys, per flow and system. */
export const matchWalk = sync.table(
  'match_walk',
  {
    mapping: text().notNull(),
    side: text().notNull(),
    /** The match keys of the flow then: other keys, and it is walked again. */
    keys: text().notNull(),
    /** Id of the last record walked; null when all were. */
    upTo: text('up_to'),
  },
  (t) => [primaryKey({ columns: [t.mapping, t.side] })],
);

/**
 * Creates under way: noted before they are sent, forgotten when what became of them is recorded. From it a record that
 * nobody has linked yet is known for what it was made from, whatever became of the step that made it; and a system that
 * does not honour idempotency keys is asked what became of a create before it is sent again.
 */
export const intent = sync.table('intent', {
  key: text().primaryKey(),
  /** When it was last sent. */
  at: instant('at').notNull().defaultNow(),
  /** Where the record is created. */
  side: text().notNull().default(''),
  entity: text().notNull().default(''),
  /** A property of the new record by which it can be told; null where it has none. */
  reference: jsonb(),
  /** The record it is made from: `erp:Customer:42`. */
  source: text().notNull().default(''),
  mapping: text().notNull().default(''),
  /** The lane whose step makes it. */
  lane: text().notNull().default(''),
  /** The lane of the link it is made for. */
  linkLane: text('link_lane').notNull().default(''),
  /** Records that it made and that have given way to a twin: one of them that is gone was not deleted by anybody. */
  gaveWay: text('gave_way').array().notNull().default([]),
});

/**
 * What a step is about to write on a record that is there: noted before it writes, forgotten when its events tell of it.
 * Should it die in between, the next step on the pair tells of it in its place.
 */
export const decision = sync.table('decision', {
  id: text().primaryKey(),
  /** The pair: `customer:42/K00017`. */
  pair: text().notNull(),
  at: instant('at').notNull().defaultNow(),
  changes: jsonb().notNull(),
  /** The version at which the record was read that they are written to. */
  version: text(),
});

/**
 * Erasures under way: noted before anything is emptied, forgotten with the proof. One whose process died, or that met a
 * system that was away, is gone on with from here.
 */
export const erasure = sync.table('erasure', {
  /** The record that was named: `crm:Contact:42`. */
  ref: text().primaryKey(),
  actor: text().notNull(),
  /** Of the act that asked for it. */
  correlationId: text('correlation_id'),
  at: instant('at').notNull().defaultNow(),
  /** What the person has or had, for the texts of others, once it stands nowhere else: `[{ field, value }]`. */
  had: jsonb().notNull().default(sql`'[]'`),
  /** How often it failed. */
  tries: integer().notNull().default(0),
  /** When it is gone on with. */
  due: instant('due').notNull().defaultNow(),
});

/**
 * Acts under way that go on by themselves: noted with their first change or before it, forgotten once nothing is left to
 * do. The first row of a lane tells the act, each further one what it is about to change.
 */
export const unfinished = sync.table(
  'unfinished',
  {
    /** The lane that whoever goes on with it holds: `act:` and the link that it is about. */
    lane: text().notNull(),
    n: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    note: jsonb().notNull(),
  },
  (t) => [primaryKey({ columns: [t.lane, t.n] })],
);

/** Who waits for what: rung when the thing named by `on` is linked or mapped. */
export const wait = sync.table(
  'wait',
  {
    linkId: text('link_id')
      .notNull()
      .references(() => link.id, { onDelete: 'cascade' }),
    /** `crm:Customer:42`, or `code:paymentTerms:erp:X9`. */
    on: text('on').notNull(),
    lane: text().notNull(),
    since: instant('since').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.linkId, t.on] }), index('wait_on').on(t.on)],
);

/** The event log. `pos` is given after commit, dense, in an order that loses nothing: the subscribers' cursor. */
export const event = sync.table(
  'event',
  {
    id: text().primaryKey(),
    seq: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    pos: bigint({ mode: 'number' }),
    at: instant('at').notNull().defaultNow(),
    mapping: text().notNull(),
    linkId: text('link_id'),
    /** unchanged created updated deleted linked unlinked waiting conflict failed released. */
    outcome: text().notNull(),
    cause: jsonb().notNull(),
    /** FieldChange list. */
    fields: jsonb().notNull(),
    /** What else is worth telling: blockers, failure, held fields, ids. */
    detail: jsonb(),
    attempt: integer().notNull().default(1),
    correlationId: text('correlation_id').notNull(),
  },
  (t) => [
    uniqueIndex('event_pos').on(t.pos),
    index('event_new').on(t.seq).where(sql`pos is null`),
    index('event_link').on(t.linkId, t.seq),
    index('event_correlation').on(t.correlationId),
  ],
);

/** Last position given to an event; its row lock makes the sequencer single. */
export const eventHead = sync.table('event_head', {
  only: boolean().primaryKey().default(true),
  pos: bigint({ mode: 'number' }).notNull().default(0),
  /** Oldest position still kept. */
  oldest: bigint({ mode: 'number' }).notNull().default(1),
});

/** How far capture has read each system's feed. */
export const feed = sync.table('feed', {
  side: text().primaryKey(),
  cursor: text(),
  at: instant('at').notNull().defaultNow(),
  /** Changes seen, and those that brought no news (our own writes coming back, repeats, stale ones). */
  seen: bigint({ mode: 'number' }).notNull().default(0),
  echoes: bigint({ mode: 'number' }).notNull().default(0),
});

/** What a flow has not read of a system's feed since it was paused: a place, however much comes behind it. */
export const backlog = sync.table(
  'backlog',
  {
    mapping: text().notNull(),
    side: text().notNull(),
    /** Where it stopped; null before the feed's first change. */
    cursor: text(),
    /** Once the flow goes on: how far it has to read by itself, since what lies behind is captured. Null while it rests. */
    upTo: text('up_to'),
    /** How far records without a link were looked for; null: not even those whose lanes waited before. */
    looked: text(),
    /** Changes of its records that were captured and not read. */
    changes: bigint({ mode: 'number' }).notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.mapping, t.side] })],
);

/** Both sides changed a field and a person decides. */
export const conflict = sync.table(
  'conflict',
  {
    id: text().primaryKey(),
    linkId: text('link_id')
      .notNull()
      .references(() => link.id, { onDelete: 'cascade' }),
    line: text().notNull().default(''),
    field: text().notNull(),
    baseCrm: jsonb('base_crm'),
    baseErp: jsonb('base_erp'),
    crm: jsonb(),
    erp: jsonb(),
    why: text().notNull(),
    crmBy: text('crm_by'),
    erpBy: text('erp_by'),
    /** When each record was last edited, by its own system's clock, as the value was first seen. */
    crmAt: instant('crm_at'),
    erpAt: instant('erp_at'),
    openedAt: instant('opened_at').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
    resolvedBy: text('resolved_by'),
    /** A pending decision that the next step applies: { take } or { value }. */
    choice: jsonb(),
  },
  (t) => [
    uniqueIndex('conflict_open').on(t.linkId, t.line, t.field).where(sql`resolved_at is null`),
    index('conflict_list').on(t.openedAt).where(sql`resolved_at is null`),
  ],
);

/** Something a person has to know: one row per cause, however many records it touches. Closed by the sync that cures it. */
export const issue = sync.table(
  'issue',
  {
    id: text().primaryKey(),
    /** What makes it one: `unmapped:paymentTerms:erp:X9`, `field:<link>:phone`, `failed:<link>:STATE`. */
    key: text().notNull(),
    code: text().notNull(),
    mapping: text().notNull(),
    linkId: text('link_id'),
    side: text(),
    entity: text(),
    recordId: text('record_id'),
    field: text(),
    value: jsonb(),
    message: text().notNull(),
    times: integer().notNull().default(1),
    openedAt: instant('opened_at').notNull().defaultNow(),
    lastAt: instant('last_at').notNull().defaultNow(),
    closedAt: instant('closed_at'),
  },
  (t) => [
    uniqueIndex('issue_open').on(t.key).where(sql`closed_at is null`),
    index('issue_list').on(t.openedAt).where(sql`closed_at is null`),
    index('issue_link').on(t.linkId),
  ],
);

/** A lane that gave up: kept until it is retried with success. */
export const deadLetter = sync.table(
  'dead_letter',
  {
    id: text().primaryKey(),
    lane: text().notNull(),
    mapping: text().notNull(),
    linkId: text('link_id'),
    code: text().notNull(),
    message: text().notNull(),
    request: jsonb(),
    answer: jsonb(),
    attempts: integer().notNull(),
    cause: jsonb().notNull(),
    at: instant('at').notNull().defaultNow(),
    closedAt: instant('closed_at'),
  },
  (t) => [index('dead_letter_open').on(t.lane).where(sql`${t.closedAt} is null`)],
);

/** Two records that may stand for the same thing: evidence is there, certainty is not. */
export const proposal = sync.table(
  'proposal',
  {
    id: text().primaryKey(),
    mapping: text().notNull(),
    /** The unlinked record. */
    linkId: text('link_id')
      .notNull()
      .references(() => link.id, { onDelete: 'cascade' }),
    side: text().notNull(),
    recordId: text('record_id').notNull(),
    /** [{ id, title, score, evidence: [{ field, value }], linkedTo }]. */
    candidates: jsonb().notNull(),
    at: instant('at').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
    resolvedBy: text('resolved_by'),
  },
  (t) => [uniqueIndex('proposal_open').on(t.linkId).where(sql`resolved_at is null`)],
);

/** Code lists of the company, editable at run time. */
export const codeMap = sync.table(
  'code_map',
  {
    list: text().notNull(),
    crm: text().notNull(),
    erp: text().notNull(),
    /** Which pair is meant where a code has several, as it was told: both, crm, erp. What was told later of a code stands. */
    preferred: text().notNull().default('both'),
    /** In which order the pairs were told. */
    told: bigint({ mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    validFrom: instant('valid_from'),
    validTo: instant('valid_to'),
  },
  (t) => [primaryKey({ columns: [t.list, t.crm, t.erp] })],
);

/** Per flow: its link rule, whether it is paused and why. */
export const flow = sync.table('flow', {
  mapping: text().primaryKey(),
  rule: text().notNull().default('every'),
  paused: boolean().notNull().default(false),
  reason: text(),
  by: text(),
  at: instant('at').notNull().defaultNow(),
});

/** What the company decided about a flow or one of its fields, in place of what the mapping declares. */
export const mappingSetting = sync.table(
  'mapping_setting',
  {
    mapping: text().notNull(),
    /** Canonical name, `lines.quantity` for a line's; empty for the flow as a whole. */
    field: text().notNull(),
    /** Of a field { way, wins, settleMs }, of a flow { onDelete: { crm, erp }, createCrmOrder }. */
    setting: jsonb().notNull(),
    by: text(),
    at: instant('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.mapping, t.field] })],
);

/** A standing decision: from now on this field's conflicts are decided so. */
export const rule = sync.table('rule', {
  id: text().primaryKey(),
  mapping: text().notNull(),
  field: text().notNull(),
  take: text().notNull(),
  by: text(),
  at: instant('at').notNull().defaultNow(),
  removedAt: instant('removed_at'),
});

/** What a person did by hand, written down before it is done: who, to what, why, and what came of it. Never pruned. */
export const act = sync.table(
  'act',
  {
    id: text().primaryKey(),
    seq: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().defaultNow(),
    /** The mutation: `unlink`, `setField`. */
    name: text().notNull(),
    actor: text().notNull(),
    reason: text(),
    /** What it was asked to act on; no value that was typed. */
    subject: jsonb().notNull(),
    /** The pair that it was about, where it was about one. */
    linkId: text('link_id'),
    /** Shared with the events that came of it. */
    correlationId: text('correlation_id').notNull(),
    /** done or refused; null while it is under way, and where the process died over it. */
    outcome: text(),
    /** The code of the refusal. */
    code: text(),
    /** Counts and outcomes, no values. */
    detail: jsonb(),
    endedAt: instant('ended_at'),
  },
  (t) => [
    uniqueIndex('act_seq').on(t.seq),
    index('act_link').on(t.linkId),
    index('act_correlation').on(t.correlationId),
  ],
);

/** A backfill or a reconciliation, with its checkpoint. */
export const run = sync.table('run', {
  id: text().primaryKey(),
  kind: text().notNull(),
  mode: text().notNull(),
  state: text().notNull(),
  flows: jsonb().notNull(),
  /** Where each side and entity has been read to. */
  checkpoint: jsonb().notNull().default(sql`'{}'`),
  counts: jsonb().notNull().default(sql`'{}'`),
  samples: jsonb().notNull().default(sql`'{}'`),
  by: text(),
  startedAt: instant('started_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  endedAt: instant('ended_at'),
});

/** A previewed plan that a token can apply: what was asked, and the versions it was made from. */
export const plannedAct = sync.table('planned_act', {
  token: text().primaryKey(),
  act: jsonb().notNull(),
  versions: jsonb().notNull(),
  /** The mutation that was previewed, as the audit trail names it: `{ name, subject }`. */
  asked: jsonb(),
  at: instant('at').notNull().defaultNow(),
  usedAt: instant('used_at'),
});
