/** The types of the sync itself, as they are reviewed: what links, conflicts, issues, events, plans and runs show. */
export const vocabulary = `
"Anything that an id of this graph stands for."
interface Node { id: ID! }

"A unified record that one link makes."
interface Linked {
  id: ID!
  crmId: ID
  erpId: ID
  archived: Boolean!
  link: Link!
}

"The seven flows."
enum Flow { CUSTOMER CONTACT PRODUCT QUOTE QUOTE_ORDER ORDER USER_ORDER }

"The two systems."
enum Side { CRM ERP }

"How a link stands."
enum LinkState {
  "Made, not worked on yet."
  PENDING
  "Held back as a whole: see waitsFor."
  WAITING
  SYNCED
  "Open conflicts; its other fields are in step."
  CONFLICT
  "Gave up: see issues and deadLetters."
  FAILED
  "Its flow is paused, or one of its deal for which something has to be written."
  PAUSED
  "A tombstone: keeps the survivor from being created again."
  ENDED
}

"How a link came to be."
enum LinkOriginKind { MATCH CREATE MANUAL }

"How a link came to be, with the match key and its score from 0 to 100."
type LinkOrigin { kind: LinkOriginKind! key: String score: Float }

"Two records that stand for the same thing, or one that waits for its counterpart."
type Link implements Node @key(fields: "id") @requiresScopes(scopes: [["read"]]) {
  id: ID!
  flow: Flow!
  "What people call the record: its name or number, as both sides agree on it."
  title: String
  crmId: ID
  erpId: ID
  state: LinkState!
  "What has to be linked first, and why."
  waitsFor: [Blocker!]!
  "Fields that cannot travel now, with the reason; the others do."
  held: [HeldField!]!
  linkedBy: LinkOrigin!
  syncedAt: DateTime
  createdAt: DateTime!
  updatedAt: DateTime!
  "Since when the agreed values may be older than a side: work that waits, or a system that cannot be reached. Null when they are up to date."
  staleSince: DateTime
  "Why it ended: deleted, archived, unlinked, superseded, merged, erased."
  endedBy: String
  "The unified record this link makes, or the quote or user it belongs to."
  record: Node
  "Live comparison of both sides. Where a system cannot be reached, its values are null, with an error at the first of them, the verdict is UNKNOWN, and the rest answers."
  drift: [FieldDrift!]!
  "Open conflicts."
  conflicts: [Conflict!]!
  "Open issues, those about codes that it meets among them."
  issues: [Issue!]!
  "Its events, oldest first."
  history(first: Int = 20, after: String, last: Int, before: String, filter: SyncEventFilter): SyncEventConnection!
  "What people did to it by hand, the first hundred; Query.acts has them all."
  acts: [Act!]!
  "Both sides as they were at an instant, put together from the event log."
  asOf(at: DateTime!): PairAsOf!
}

"Both sides of a pair at an instant, in canonical names and forms; a line's fields as lines.<id of the pair of lines>.<field>."
type PairAsOf {
  at: DateTime!
  crm: JSON!
  erp: JSON!
  "What people call the records that values of either side are ids of, by that id."
  titles: JSON!
  "False where the event log does not reach back to that instant."
  complete: Boolean!
}

"What holds a record back."
type Blocker {
  "What has to come first: a record, a code, or a text nobody knows."
  on: String!
  side: Side
  entity: EntityType
  "Id of the record in its own system."
  id: ID
  "Name of the record, where the sync knows it."
  title: String
  reason: String!
  "How many documents and records it holds back."
  holds: Int!
  "The same in one line: Product SKU-9 holds 41 orders."
  text: String!
  "Its own link, where it has one."
  link: Link
}

"A field that cannot travel now."
type HeldField {
  field: String!
  line: ID
  side: Side!
  "waits, unreadable, unfit, unmapped, quarantined, gap, late, away"
  kind: String!
  value: JSON
  message: String!
}

"How a field of a pair compares now."
enum Verdict { EQUAL AGREED_DIFFERENCE CRM_AHEAD ERP_AHEAD CONFLICT HELD UNKNOWN }

"One field of one pair, compared live. The values of a held field are those of its own system."
type FieldDrift {
  field: String!
  line: ID
  base: JSON
  crm: JSON
  erp: JSON
  "What people call the record, where the field refers to one."
  baseTitle: String
  crmTitle: String
  erpTitle: String
  verdict: Verdict!
  "Why a held value cannot travel, or a verdict is unknown."
  why: String
}

"Both sides changed a field, and a person decides."
type Conflict implements Node @requiresScopes(scopes: [["read"]]) {
  "Empty in a plan, where nothing is stored yet."
  id: ID!
  link: Link
  "The line it is about."
  line: ID
  field: String!
  "The value both sides had agreed on."
  base: JSON
  "The same as the ERP stored it, where it cannot hold the CRM's value."
  baseErp: JSON
  crm: JSON
  erp: JSON
  "What people call the record, where the field refers to one."
  baseTitle: String
  crmTitle: String
  erpTitle: String
  "Why a person was asked; of one that is over and that nobody decided, also how that came."
  why: String!
  "Who edited each side, and when, by that system's clock."
  crmBy: String
  erpBy: String
  crmAt: DateTime
  erpAt: DateTime
  openedAt: DateTime
  resolvedAt: DateTime
  resolvedBy: String
}

"Something a person has to know: one per cause, however many records it touches."
type Issue implements Node @requiresScopes(scopes: [["read"]]) {
  id: ID!
  code: String!
  flow: Flow!
  link: Link
  side: Side
  entity: EntityType
  recordId: ID
  field: String
  value: JSON
  message: String!
  "The code that setCode has to map, where that is the issue."
  unmapped: UnmappedCode
  "How many records it is about now; 0 once it is closed."
  records: Int!
  "How often it was met."
  times: Int!
  openedAt: DateTime!
  lastAt: DateTime!
  closedAt: DateTime
}

"A code of one side that its list does not map."
type UnmappedCode { list: CodeList! side: Side! code: String! }

"Open issues of one cause: the same code about the same field."
type IssueGroup {
  code: String!
  flow: Flow!
  side: Side
  field: String
  "Open issues, how many records they are about, and how often they were met."
  issues: Int!
  records: Int!
  times: Int!
  "Of the latest of them."
  message: String!
  openedAt: DateTime!
  lastAt: DateTime!
}

"Open conflicts about one field of one flow."
type ConflictGroup { flow: Flow! field: String! conflicts: Int! }

"Dead letters of one cause: what one retry by flow and code would run again."
type DeadLetterGroup {
  code: String!
  flow: Flow!
  letters: Int!
  "Of the latest of them."
  message: String!
  firstAt: DateTime!
  lastAt: DateTime!
}

"A lane that gave up: kept until a retry succeeds."
type DeadLetter implements Node @requiresScopes(scopes: [["read"]]) {
  id: ID!
  flow: Flow!
  link: Link
  code: String!
  "What the system said; it may quote any value, so that it takes read:personal and read:cost: others are told what the code means."
  message: String!
  "What was asked of the system, secrets masked."
  request: JSON
  answer: JSON
  attempts: Int!
  cause: Cause!
  at: DateTime!
  closedAt: DateTime
}

"Work that failed and will be tried again by itself."
type Retry {
  flow: Flow!
  link: Link
  attempts: Int!
  nextTryAt: DateTime!
  since: DateTime!
  cause: Cause!
}

"Records that may stand for the same thing: evidence is there, certainty is not."
type MatchProposal implements Node @requiresScopes(scopes: [["read"]]) {
  id: ID!
  flow: Flow!
  "Of the unlinked record."
  link: Link
  side: Side!
  recordId: ID!
  candidates: [MatchCandidate!]!
  at: DateTime!
}

"A record of the other side that may be the counterpart."
type MatchCandidate {
  id: ID!
  title: String!
  score: Float!
  evidence: [Evidence!]!
  "The link it has already."
  linkedTo: Link
}

"A field that speaks for a match."
type Evidence {
  field: String!
  value: JSON
  "What people call the record, where the field refers to one."
  title: String
}

"What became of a link in a step."
enum Outcome { UNCHANGED CREATED UPDATED DELETED LINKED UNLINKED WAITING CONFLICT FAILED RELEASED ERASED }

"What makes a step run."
enum CauseKind { CHANGE MUTATION RUN RETRY RULE RELEASE }

"Why something happened, and who did it."
type Cause { kind: CauseKind! id: ID side: Side actor: String at: DateTime }

"One decided field: what was written on a side, and why."
type FieldChange {
  field: String!
  line: ID
  side: Side!
  before: JSON
  after: JSON
  "What people call the record before and after, where the field refers to one."
  beforeTitle: String
  afterTitle: String
  winner: Side
  why: String!
  "The edit that lost, where both sides had changed it."
  lost: JSON
  lostTitle: String
}

"One line of the event log."
type SyncEvent implements Node @key(fields: "id") @requiresScopes(scopes: [["read"]]) {
  id: ID!
  "Resume after it."
  cursor: Cursor!
  at: DateTime!
  flow: Flow!
  link: Link
  outcome: Outcome!
  cause: Cause!
  fields: [FieldChange!]!
  attempt: Int!
  correlationId: String!
  "What else is worth telling: blockers, failure, ids."
  detail: JSON
  "What a person did that it came of."
  act: Act
}

"What became of an act."
enum ActOutcome { DONE REFUSED }

"What a person did by hand."
type Act implements Node @requiresScopes(scopes: [["read"]]) {
  id: ID!
  at: DateTime!
  "The mutation; where a preview was applied by its token, the one that was previewed."
  name: String!
  actor: String!
  reason: String
  "What it was asked to act on, without the values that were typed; plan is the token of the preview that was applied."
  subject: JSON!
  "The pair that it was about, where it was about one."
  link: Link
  "Null while it is under way, and where the process died over it."
  outcome: ActOutcome
  "The code of the refusal."
  code: String
  "Outcomes and counts."
  detail: JSON
  endedAt: DateTime
  "Shared with the events that came of it."
  correlationId: String!
}

"How records of a flow come to be linked."
enum FlowRule {
  "By the match keys, else created on the other side."
  EVERY
  "By the match keys; never created. Of USER_ORDER: no salesperson's card is made for a user who has none."
  MATCH
  "Like EVERY, but created only when a record that syncs refers to it."
  CONNECTED
  "By hand and by match keys only; a quote gets no ERP order."
  NEVER
  "Of QUOTE_ORDER: the ERP order is made when the quote is accepted, and no PROPOSAL before."
  ACCEPTED
}

"Where the CRM order of an accepted quote comes from."
enum CrmOrderCreation {
  "People make it in the CRM; the ERP order waits for it."
  BY_HAND
  "It is made from the ERP order as soon as the quote is accepted."
  ON_ACCEPTANCE
}

"What a deletion on one side does to the record of the other."
enum DeletePolicy { ARCHIVE UNLINK DELETE }

"Who wins where both sides changed a field; RANK and STRICTEST are given by the mapping."
enum FieldWinner { LATEST CRM ERP INBOX RANK STRICTEST }

"A field as the company set it."
type FieldSetting {
  flow: Flow!
  field: String!
  direction: Direction!
  wins: FieldWinner!
  "How long an edit rests before it travels; 0 is not at all."
  settleSeconds: Float!
  "Who set it, and when; null where it is as the mapping declares it."
  by: String
  at: DateTime
  "What it would change: of a preview alone."
  change: SettingChange
  "Of a mutation's result alone: for reads that shall include it."
  syncToken: String
}

"What a setting would change, and what it is about."
type SettingChange {
  "The setting as it is and as it would be: names and values; of a code the pairs that name it."
  before: JSON!
  after: JSON!
  "Links that it is about: of a code those that wait for it or have it, of a link rule the records without a counterpart, of anything else the flow's pairs."
  pairs: Int!
  "Open issues that close with it, of a code; of a field its open ones."
  issues: Int!
  "Open conflicts of the field."
  conflicts: Int!
  "Ten of the links; of a field those in which it is disputed or differs."
  examples: [Link!]!
  "Of another winner: what it would have decided otherwise in the last seven days; null of LATEST, since events do not keep which side was edited last."
  replay: PolicyReplay
  "What happens then."
  effect: String!
}

"A flow as it stands."
type FlowStatus {
  flow: Flow!
  "The link rule: every, until the company sets another."
  rule: String!
  "What the mapping demands of a record in any case, whatever the rule: that a product is no DRAFT."
  condition: String
  "What a deletion in that system does to the other side's record."
  onDeleteInCrm: DeletePolicy!
  onDeleteInErp: DeletePolicy!
  "Of ORDER alone."
  createCrmOrder: CrmOrderCreation
  paused: Boolean!
  "Why it is paused, by whom, and since when."
  reason: String
  pausedBy: String
  pausedSince: DateTime
  "Changes of its records that came while it was paused, and that it has still to read: as many as wait, or fewer while it catches up."
  behind: Int!
  "Links with both sides."
  linked: Int!
  pending: Int!
  waiting: Int!
  conflicts: Int!
  failed: Int!
  "Edit committed until written on the other side, over the latest events."
  lagP50Ms: Float
  lagP99Ms: Float
  "Events per second over the last minute."
  perSecond: Float!
  "What setting it so, pausing it or resuming it would change: of a preview alone."
  change: SettingChange
  "Of a mutation's result alone: for reads that shall include it."
  syncToken: String
}

"One system, seen from the sync."
type SystemStatus {
  side: Side!
  "Whether it answers, and holds nothing up."
  healthy: Boolean!
  version: String
  latencyMs: Float
  "Why it cannot be reached, or what of it is held up."
  error: String
  "Entities that it holds up while others are answered, such as a table that somebody has locked: their flows wait."
  heldUp: [HeldUp!]!
  "The calls it takes, shared by all flows: calls, withinMs, available now, and waitMs until live work may call."
  rateBudget: JSON
  "How far its clock is ahead of the sync's, by which the times of edits are corrected; null where it does not tell."
  clock: ClockReading
  "How far its feed has been read."
  feedCursor: Cursor
  feedAt: DateTime
  "Work of this side that is captured and not done: age of the oldest, in milliseconds. What paused flows have still to read is not among it."
  lagMs: Float
  "Lanes that wait for a worker."
  queued: Int!
  "Changes read, and those of them that brought no news."
  seen: Float!
  echoes: Float!
}

"An entity of a system whose calls are not answered."
type HeldUp { entity: EntityType since: DateTime! reason: String! }

"A clock compared with that of the sync at a round trip: the difference in milliseconds, right to within half of it."
type ClockReading { offsetMs: Float! boundMs: Float! }

"A mapping as a checklist."
type FlowDocument {
  flow: Flow!
  crmEntity: String!
  erpEntity: String!
  "The link rule: every, until the company sets another."
  rule: String!
  "What the mapping demands of a record in any case, whatever the rule: that a product is no DRAFT."
  condition: String
  "Match keys in their order, with their score."
  matchKeys: [String!]!
  properties: [FlowProperty!]!
  lines: [FlowProperty!]!
  pairsChecked: Int!
  "Systems that do not answer now: the pairs are counted over what was read of them last."
  away: [SystemAway!]!
  "This document as Markdown."
  markdown: String!
  "This document as reStructuredText: one list-table, lines included."
  restructuredText: String!
}

"One row of a mapping with what was measured over the stored bases."
type FlowProperty {
  row: Int!
  "The name under which events, drift and conflicts tell of it."
  field: String!
  crmProperty: String
  crmType: String
  erpProperty: String
  erpType: String
  "BOTH, TO_ERP, TO_CRM or OFF"
  direction: Direction!
  transformation: String!
  rule: String!
  "Who wins where both sides changed it."
  wins: String!
  requiredInCrm: Boolean!
  requiredInErp: Boolean!
  "Whether the CRM's patch takes it; what the system makes or the sync alone writes it does not."
  writableInCrm: Boolean!
  writableInErp: Boolean!
  "The scope that a caller needs to see it."
  scope: String
  "Why the round trip loses something."
  lossy: String
  pairsChecked: Int!
  equal: Int!
  notEqual: Int!
  "equal / pairsChecked, from 0 to 1; null where nothing was checked."
  passRate: Float
  lastMismatch: DateTime
  examples: [Mismatch!]!
}

"Which way a property travels."
enum Direction { BOTH TO_ERP TO_CRM OFF }

"A pair whose sides show a property differently."
type Mismatch { link: Link! crm: JSON erp: JSON }

"Pairs of a flow compared live, page by page."
type DriftReport {
  flow: Flow!
  "Pairs compared on this page."
  checked: Int!
  equal: Int!
  "Pairs of this page that could not be compared, since a system is away; none of them is among those checked."
  unknown: Int!
  "The systems that keep them from being compared, and why."
  away: [SystemAway!]!
  "These pairs, each with the systems that keep it from being compared. All others of the page are told of."
  uncompared: [UncomparedPair!]!
  "Pairs of this page with at least one field that is not in step."
  drifted: [PairDrift!]!
  "Per field, over this page."
  fields: [FieldCheck!]!
  pageInfo: PageInfo!
  "Pairs of the flow."
  totalCount: Int!
}

"A system that could not be asked: it cannot be reached, does not answer in time, or holds up these records."
type SystemAway {
  side: Side!
  "SYSTEM_UNAVAILABLE, as everywhere."
  code: String!
  message: String!
}

"A pair with its fields that are not in step."
type PairDrift { link: Link! fields: [FieldDrift!]! }

"A pair that could not be compared, and why."
type UncomparedPair { link: Link! away: [SystemAway!]! }

"How often a field was in step."
type FieldCheck { field: String! checked: Int! equal: Int! }

"How a value came back from the other side."
enum TripVerdict {
  "As it was stored."
  SAME
  "The same value in another spelling."
  NORMALISED
  "Another value, as its transformation declares."
  LOSSY
  "Another value, and nobody declared it."
  BROKEN
  "It cannot travel, and says why."
  HELD
}

"Every value of a page of pairs, sent to the other side and home without writing anything."
type RoundTripProof {
  flow: Flow!
  pairs: Int!
  "Pairs of this page of which nothing is proved, since a system is away."
  unknown: Int!
  "The systems that are, and why."
  away: [SystemAway!]!
  "Values that travelled, from either side; what one side alone authors travels from there only."
  checked: Int!
  same: Int!
  normalised: Int!
  lossy: Int!
  broken: Int!
  held: Int!
  "Per field, over this page."
  fields: [TripCheck!]!
  "Values that did not come back, or could not travel: the first hundred, broken ones first."
  examples: [TripExample!]!
  pageInfo: PageInfo!
  "Pairs of the flow."
  totalCount: Int!
}

"How the values of one field came back."
type TripCheck {
  field: String!
  checked: Int!
  same: Int!
  normalised: Int!
  lossy: Int!
  broken: Int!
  held: Int!
  "What gets lost, as its transformation declares."
  why: String
}

"One value that did not come back, or could not travel."
type TripExample {
  link: Link!
  field: String!
  line: ID
  "Where the trip began."
  side: Side!
  value: JSON
  there: JSON
  back: JSON
  verdict: TripVerdict!
  why: String
}

"What a run does."
enum RunKind { BACKFILL RECONCILIATION }

"A backfill or a reconciliation."
type Run implements Node @key(fields: "id") @requiresScopes(scopes: [["read"]]) {
  id: ID!
  kind: RunKind!
  mode: SyncMode!
  "running, done, cancelled, failed …"
  state: String!
  flows: [Flow!]!
  "What was or would be done: linked, created, proposed, blocked …"
  counts: JSON!
  "A few records of each count."
  samples: JSON!
  checkpoint: JSON!
  by: String
  startedAt: DateTime!
  updatedAt: DateTime!
  endedAt: DateTime
  "Records per second so far."
  perSecond: Float
  "Of a mutation's result alone: for reads that shall include it."
  syncToken: String
}

"APPLY does it; PREVIEW writes nothing and returns the plan with a token."
enum SyncMode { APPLY PREVIEW }

"What a step would do or did."
enum PlanKind { NONE CREATE UPDATE ARCHIVE RESTORE DELETE LINK UNLINK WAIT PROPOSE }

"What is done to a record."
enum WriteAction { CREATE UPDATE ARCHIVE RESTORE DELETE }

"What a step would do or did, per system."
type Plan {
  kind: PlanKind!
  writes: [PlannedWrite!]!
  "Per field: the value that stands, whose it is, and why."
  changes: [FieldChange!]!
  conflicts: [Conflict!]!
  held: [HeldField!]!
  locked: [LockedField!]!
  "Writes to the two systems."
  calls: Int!
}

"One write to one system: its record, and fields in canonical names and forms as changes has them. References that follow a merge bear the system's own names."
type PlannedWrite { side: Side! entity: EntityType! id: ID action: WriteAction! fields: [PlannedField!]! }

"One property of a write."
type PlannedField {
  field: String!
  line: ID
  before: JSON
  after: JSON
  "What people call the record before and after, where the field refers to one."
  beforeTitle: String
  afterTitle: String
  rule: String!
}

"A field that a state or stage locks: an edit would be put back. Of a merge, what goes on naming the first; of a linking that is taken back, what was edited since and stays."
type LockedField { field: String! why: String! }

"What became of an act on one link."
type SyncResult {
  outcome: Outcome!
  plan: Plan!
  "With mode PREVIEW: hand it to applyPlan."
  planToken: String
  link: Link
  events: [SyncEvent!]!
  "Send it as header x-sync-token to read what was written."
  syncToken: String!
  waitsFor: [Blocker!]!
  issues: [Issue!]!
  "Of a preview that links records otherwise, follows a merge or takes one back: the pairs that refer to them and are looked at next, each with its plan; the first hundred. A pair that is only to be made is named by a link that its records had. What a merge moves, or moves back, is among its own writes."
  children: [SyncResult!]!
  "How many those are."
  childCount: Int!
}

"What became of an act on many."
type BulkResult {
  "How many the filter found."
  matched: Int!
  "How many were acted on; 0 in a preview."
  applied: Int!
  failed: Int!
  "How many are left for another call: one decides at most a thousand conflicts, and a preview shows those."
  left: Int!
  "Why what failed did, each reason once."
  reasons: [String!]!
  "The first hundred, each with its plan."
  results: [SyncResult!]!
  "The rules made by always; of a preview those that it would make."
  rules: [Rule!]!
  "For reads that shall include it."
  syncToken: String!
}

"What an erasure found and did, without any of the data."
type EraseResult {
  records: Int!
  links: Int!
  events: Int!
  deadLetters: Int!
  "SHA-256 over what was erased and when; holds no data."
  proof: String
  "How many rows of each place were emptied."
  counts: JSON!
  at: DateTime
  by: String!
  "For reads that shall include it."
  syncToken: String!
}

"Which recorded resolutions of a field another winner would have decided otherwise."
type PolicyReplay {
  "Times the rule decided between two edits of the field."
  checked: Int!
  differing: Int!
  "The newest hundred."
  examples: [OtherOutcome!]!
}

"One resolution, as it was and as it would have been."
type OtherOutcome {
  event: SyncEvent
  at: DateTime!
  line: String
  winner: Side!
  stood: JSON
  "The losing edit; null where a person would have been asked."
  would: JSON
}

"A winner to try: a side, a person, or the later edit, as far as the log says which it was."
enum ReplayWinner { CRM ERP INBOX LATEST }

"A standing decision about a field's conflicts."
type Rule implements Node @requiresScopes(scopes: [["read"]]) {
  "Empty in a preview, where nothing is stored yet."
  id: ID!
  flow: Flow!
  field: String!
  take: Choice!
  by: String
  at: DateTime!
  removedAt: DateTime
  "Of a mutation's result alone: for reads that shall include it."
  syncToken: String
}

"A pair of codes, and from when to when it holds; without bounds always. Of two that hold for one code, the one that began later stands."
type CodeMapping {
  list: CodeList!
  crm: String!
  erp: String!
  direction: CodeDirection!
  validFrom: DateTime
  validTo: DateTime
  change: SettingChange
  "Of setCode and removeCode: the other pairs that translate another way then, since they yield, or stand again."
  others: [TurnedCode!]
  "Of a mutation's result alone: for reads that shall include it."
  syncToken: String
}

"A pair of codes that another one leaves another direction; null for no effect."
type TurnedCode { crm: String! erp: String! before: CodeDirection after: CodeDirection }

"Which way a pair of codes translates."
enum CodeDirection {
  "The ERP's code is read as the CRM's, and the CRM's is written as the ERP's."
  BOTH
  "The ERP's code is read as the CRM's; another one, or the CRM's own, is written there. What COUNTRY has unless told: a name for a country."
  TO_CRM
  "The CRM's code is written as the ERP's, which is read as another one."
  TO_ERP
}

"Which value stands."
enum Choice { CRM ERP BASE VALUE }

"What unlink leaves in place."
enum KeepPolicy { BOTH CRM ERP }

"One record of one system."
input RecordRef { side: Side! entity: EntityType! id: ID! }

"A decision about one field. take VALUE needs a value; a value alone is taken as it is."
input FieldChoice { field: String! take: Choice! value: JSON }
`;
