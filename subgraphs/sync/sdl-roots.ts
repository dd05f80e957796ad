import { block, type SdlField } from '../system/sdl-text.ts';
import { acts, events, issues } from './listings.ts';
import { listArguments } from './sdl-lists.ts';

const scoped = (scope: string) => ` @requiresScopes(scopes: [["${scope}"]])`;
const read = scoped('read');
const page = 'first: Int = 20, after: String, last: Int, before: String';

/** Queries of the sync itself. */
const syncQueries: readonly SdlField[] = [
  {
    name: 'node',
    text: `(id: ID!): Node${read}`,
    doc: 'Whatever the id stands for: a unified record, a link, an event, a run …',
  },
  { name: 'flows', text: `: [FlowStatus!]!${read}`, doc: 'The seven flows as they stand.' },
  {
    name: 'links',
    text: `(filter: LinkFilter!, ${page}, sort: LinkSort): LinkConnection!${read}`,
    doc: 'Links by flow, state and records.',
  },
  {
    name: 'matchProposals',
    text: `(flow: Flow, ${page}): MatchProposalConnection!${read}`,
    doc: 'Ambiguous matches that a person has to decide.',
  },
  {
    name: 'conflicts',
    text: `(${page}, filter: ConflictFilter, sort: ConflictSort): ConflictConnection!${read}`,
    doc: 'Open conflicts; resolved ones too where the filter asks for resolvedAt.',
  },
  {
    name: 'issues',
    text: `(${listArguments(issues)}): IssueConnection!${read}`,
    doc: 'Open issues; closed ones too where the filter asks for closedAt.',
  },
  {
    name: 'conflictGroups',
    text: `: [ConflictGroup!]!${read}`,
    doc: 'Open conflicts by flow and field, the most frequent first.',
  },
  {
    name: 'issueGroups',
    text: `(flow: Flow): [IssueGroup!]!${read}`,
    doc: 'Open issues by cause, what touches most first.',
  },
  {
    name: 'deadLetters',
    text: `(flow: Flow, code: String, since: DateTime, until: DateTime, ${page}): DeadLetterConnection!${read}`,
    doc: 'Lanes that gave up, of a flow, of a code, in a time (from since, before until).',
  },
  {
    name: 'deadLetterGroups',
    text: `(flow: Flow): [DeadLetterGroup!]!${read}`,
    doc: 'Lanes that gave up by cause, the most frequent first.',
  },
  {
    name: 'retrying',
    text: `(flow: Flow, first: Int = 20): [Retry!]!${read}`,
    doc: 'Work that failed and will be tried again by itself, the next due first.',
  },
  {
    name: 'blockers',
    text: `(first: Int = 10, flow: Flow): [Blocker!]!${read}`,
    doc: 'What holds most back, the worst first.',
  },
  {
    name: 'syncEvents',
    text: `(${listArguments(events)}): SyncEventConnection!${read}`,
    doc: 'The event log, oldest first; its cursors are those of the subscription.',
  },
  {
    name: 'acts',
    text: `(${listArguments(acts)}): ActConnection!${scoped('admin')}`,
    doc: 'The audit trail: what people did by hand, who and why, in the order in which they did it.',
  },
  {
    name: 'driftReport',
    text: `(flow: Flow!, first: Int = 20, after: String): DriftReport!${read}`,
    doc: 'Compares the next pairs of a flow live: first is the number of pairs compared.',
  },
  {
    name: 'roundTripProof',
    text: `(flow: Flow!, first: Int = 20, after: String): RoundTripProof!${read}`,
    doc: 'Sends every value of the next pairs of a flow to the other side and home, in thought, and says how it came back: first is the number of pairs.',
  },
  {
    name: 'policyReplay',
    text: `(flow: Flow!, field: String!, winner: ReplayWinner!, since: DateTime!): PolicyReplay!${read}`,
    doc: 'What another winner of a field would have decided otherwise.',
  },
  {
    name: 'dataflow',
    text: `(flow: Flow): [FlowDocument!]!${read}`,
    doc: 'The mappings as a checklist, with what was measured.',
  },
  { name: 'rules', text: `(flow: Flow): [Rule!]!${read}`, doc: 'Standing decisions about conflicts.' },
  {
    name: 'fieldSettings',
    text: `(flow: Flow): [FieldSetting!]!${read}`,
    doc: 'Fields for which the company decided otherwise than the mapping declares.',
  },
  { name: 'codes', text: `(list: CodeList): [CodeMapping!]!${read}`, doc: 'The code lists of the company.' },
  {
    name: 'runs',
    text: `(first: Int = 20): [Run!]!${read}`,
    doc: 'Backfills and reconciliations, the latest first.',
  },
  { name: 'run', text: `(id: ID!): Run${read}`, doc: 'Progress of a backfill or a reconciliation.' },
  {
    name: 'systems',
    text: `: [SystemStatus!]!${read}`,
    doc: 'Both systems: health, version, feed position and lag.',
  },
];

const sync = scoped('sync');
const admin = scoped('admin');
const mode = 'mode: SyncMode = APPLY';

const flowMutations: readonly SdlField[] = [
  'Customer',
  'Contact',
  'Product',
  'Quote',
  'QuoteOrder',
  'Order',
  'UserOrder',
].map((flow) => ({
  name: `sync${flow}`,
  text: `(id: ID, crmId: ID, erpId: ID, ${mode}, prefer: Side): SyncResult!${sync}`,
  doc: 'Brings the pair of exactly one of these ids into step now. With prefer, that side wins every contested field.',
}));

/** Mutations of the sync. */
const syncMutations: readonly SdlField[] = [
  ...flowMutations,
  {
    name: 'sync',
    text: `(refs: [RecordRef!]!, ${mode}): [SyncResult!]!${sync}`,
    doc: 'Brings every pair of these records into step now.',
  },
  {
    name: 'applyPlan',
    text: `(token: String!): SyncResult!${sync}`,
    doc: 'Applies exactly the previewed plan, or fails with STALE_PLAN when a side has moved.',
  },
  {
    name: 'link',
    text: `(flow: Flow!, crmId: ID!, erpId: ID!, ${mode}, prefer: Side): SyncResult!${sync}`,
    doc: 'Links two records by hand.',
  },
  {
    name: 'unlink',
    text: `(id: ID!, keep: KeepPolicy = BOTH, ${mode}): SyncResult!${sync}`,
    doc: 'Ends a link; both records stay, or the one kept.',
  },
  {
    name: 'relink',
    text: `(id: ID!, crmId: ID, erpId: ID, ${mode}): SyncResult!${sync}`,
    doc: 'Gives a link another record on one side.',
  },
  {
    name: 'swapLinks',
    text: `(a: ID!, b: ID!, ${mode}, prefer: Side): [SyncResult!]!${sync}`,
    doc: "Two pairs of one flow were linked crosswise: links their records the other way round. The CRM's values stand on both pairs, or with prefer the ERP's: so each keeps those of one of the old pairs, and none is lost. What refers to the records is looked at at once.",
  },
  {
    name: 'resolveMatch',
    text: `(id: ID!, candidate: ID, create: Boolean, ${mode}): SyncResult!${sync}`,
    doc: 'Decides a match proposal: links the candidate, or creates a counterpart.',
  },
  {
    name: 'resolveConflict',
    text: `(id: ID!, choices: [FieldChoice!]!, ${mode}): SyncResult!${sync}`,
    doc: 'Decides open conflicts of a link: its own id or that of one of its conflicts.',
  },
  {
    name: 'resolveConflicts',
    text: `(filter: ConflictFilter!, choose: Side!, always: Boolean, mode: SyncMode = PREVIEW): BulkResult!${sync}`,
    doc: 'Decides all conflicts the filter finds; always makes it a rule from now on.',
  },
  { name: 'removeRule', text: `(id: ID!, ${mode}): Rule!${sync}`, doc: 'Takes a standing decision back.' },
  {
    name: 'followMerge',
    text: `(side: Side!, entity: EntityType!, from: ID!, into: ID!, ${mode}): [SyncResult!]!${sync}`,
    doc: 'Two records of one system became one: its links follow, and in both systems what names the first names the second, with what stands beside that as it is. Frozen documents keep naming the first, which means the second from then on: plan.locked names them.',
  },
  {
    name: 'retry',
    text: `(ids: [ID!], flow: Flow, code: String, since: DateTime, until: DateTime, ${mode}): BulkResult!${sync}`,
    doc: 'Dead letters and failed links run again: those named, of a flow, of a code, or that gave up in a time (from since, before until).',
  },
  {
    name: 'revert',
    text: `(eventId: ID!, fields: [String!], mode: SyncMode = PREVIEW): SyncResult!${sync}`,
    doc: 'Puts back what an event changed, as an ordinary edit; of a linking, an unlinking or a merge the link itself; of a relinking or a swap, by any of its new links, the pairs that were. Of documents that takes their lines back, too; it is refused where their deal has further documents.',
  },
  {
    name: 'startBackfill',
    text: `(flows: [Flow!], mode: SyncMode = PREVIEW): Run!${admin}`,
    doc: 'Matches what is there on both sides; a preview counts and samples.',
  },
  {
    name: 'startReconciliation',
    text: `(flows: [Flow!], repair: Boolean = false, full: Boolean = false, ${mode}): Run!${admin}`,
    doc: 'Walks everything and lists what is not in step; repair puts it right, unless it is a preview; full compares all values, not only of what has moved.',
  },
  {
    name: 'cancelRun',
    text: `(id: ID!, ${mode}): Run!${admin}`,
    doc: 'Ends a run: what waits for a worker leaves the queue. What workers have in hand by then, some hundred records, is still done and counted: counts.queued tells how many that are. A preview shows how far the run is.',
  },
  {
    name: 'rerunFailed',
    text: `(id: ID!, ${mode}): Run!${admin}`,
    doc: 'A new run over only what failed in an earlier one; a preview shows the earlier one.',
  },
  {
    name: 'pauseFlow',
    text: `(flow: Flow!, reason: String, ${mode}): FlowStatus!${admin}`,
    doc: 'Has a flow rest; a preview tells what rests with it (change).',
  },
  {
    name: 'resumeFlow',
    text: `(flow: Flow!, ${mode}): FlowStatus!${admin}`,
    doc: 'Has it go on; a preview tells how many changes it has to read (change).',
  },
  {
    name: 'setFlow',
    text: `(flow: Flow!, rule: FlowRule, onDeleteInCrm: DeletePolicy, onDeleteInErp: DeletePolicy, createCrmOrder: CrmOrderCreation, ${mode}): FlowStatus!${admin}`,
    doc: 'Sets how records of a flow come to be linked, what a deletion on a side does to the other, and of ORDER whether an accepted quote gets its CRM order by itself; what is left out stays. Holds from now on.',
  },
  {
    name: 'setField',
    text: `(flow: Flow!, field: String!, direction: Direction, wins: FieldWinner, settleSeconds: Float, ${mode}): FieldSetting!${admin}`,
    doc: "Sets a field's direction, its winner, and how long an edit rests before it travels; what is left out is as the mapping declares it. A line's field is named lines.quantity. Holds from now on; a full reconciliation brings older pairs along.",
  },
  {
    name: 'setCode',
    text: `(list: CodeList!, crm: String!, erp: String!, direction: CodeDirection, validFrom: DateTime, validTo: DateTime, ${mode}): CodeMapping!${admin}`,
    doc: "Maps a code, for always or for a time; what waited for it goes on. Of COUNTRY, crm is the ISO code and erp what is written for it, in either system; of CURRENCY, erp is the ERP's own code. Left out, the direction is BOTH, of COUNTRY TO_CRM. Other pairs that have one of the codes yield it in that direction, as others says, until this pair is taken away.",
  },
  {
    name: 'removeCode',
    text: `(list: CodeList!, crm: String!, erp: String!, ${mode}): CodeMapping!${admin}`,
    doc: 'Takes a pair of codes away; what yielded to it stands again. Nothing is erased: records keep what they show, and the next one to sync that has such a code raises its one UNMAPPED_CODE issue and leaves the field out, where the list is not one whose unmapped codes stand for themselves.',
  },
  {
    name: 'erase',
    text: `(ref: RecordRef!, mode: SyncMode = PREVIEW): EraseResult!${admin}`,
    doc: "Erases a person's data in both systems, base, events and dead letters.",
  },
];

const live = 'The record as it is whenever it has changed; ends when it is gone.';

/** Subscriptions of the sync. */
const syncSubscriptions: readonly SdlField[] = [
  {
    name: 'syncEvents',
    text: `(after: Cursor, filter: SyncEventFilter): SyncEvent!${read}`,
    doc: 'Events after the cursor, then as they come, without a hole, in order per link; without a cursor only new ones. A cursor older than what is kept: CURSOR_EXPIRED.',
  },
  { name: 'customerChanged', text: `(id: ID!): Customer!${read}`, doc: live },
  { name: 'orderChanged', text: `(id: ID!): Order!${read}`, doc: live },
  { name: 'quoteChanged', text: `(id: ID!): Quote!${read}`, doc: live },
  { name: 'flowStatus', text: `(flow: Flow): FlowStatus!${read}`, doc: 'Now, and whenever it changes.' },
  { name: 'run', text: `(id: ID!): Run!${read}`, doc: 'Now, and as it goes on, until it ends.' },
];

/** The three root types. */
export function rootTypes(unified: readonly SdlField[]): readonly string[] {
  return [
    block('type Query', 'Unified reads, and what the sync knows.', [...unified, ...syncQueries]),
    block(
      'type Mutation',
      'What people may ask of the sync. Each is kept in the audit trail with its reason; name nobody in it.',
      syncMutations.map(withReason),
    ),
    block('type Subscription', 'News of the sync.', syncSubscriptions),
  ];
}

/** Every act may say why. */
function withReason({ text, ...field }: SdlField): SdlField {
  return { ...field, text: text.includes('reason:') ? text : text.replace('): ', ', reason: String): ') };
}
