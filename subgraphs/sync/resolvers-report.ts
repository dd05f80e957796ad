import type { CodePair, SettingChange, Side, TurnedPair } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import type { UnmeasuredProperty } from './flow-document.ts';
import { conditionOf, ruleInForce } from './flow-rule.ts';
import type { FlowStatus } from './flow-status.ts';
import { typedId } from './ids.ts';
import { maySeeNames } from './link-title.ts';
import { seen } from './masking.ts';
import type { Resolvers } from './resolvers-unified.ts';
import type { RetryRow } from './retrying.ts';
import { shown } from './rows.ts';
import type { RuleRow } from './rules.ts';
import { type RunRow, runOf } from './runs.ts';
import { capitals, flowOf, mappingOf, snake } from './words.ts';

/** The resolvers of what only reports show: flows, runs, rules, proofs. */
export const reportResolvers: Resolvers = {
  Retry: {
    flow: ({ mapping }: RetryRow) => flowOf(mapping),
    link: ({ linkId }: RetryRow, _: unknown, { load }: SyncContext) =>
      linkId === null ? null : load.link.load(linkId),
  },
  FlowStatus: {
    rule: ({ rule }: FlowStatus) => ruleInForce(rule),
    condition: ({ flow }: FlowStatus, _: unknown, { sync }: SyncContext) =>
      conditionOf(sync.mappings[mappingOf(flow)].links),
    onDeleteInCrm: deletePolicy('crm'),
    onDeleteInErp: deletePolicy('erp'),
    createCrmOrder: ({ flow, would }: FlowStatus, _: unknown, { sync }: SyncContext) =>
      flow === 'ORDER'
        ? snake(would?.createCrmOrder ?? sync.mappings.order.createCrmOrder ?? 'byHand')
        : null,
  },
  Node: { __resolveType: ({ __typename }: { readonly __typename: string }) => __typename },
  Linked: { __resolveType: ({ __typename }: { readonly __typename: string }) => __typename },
  Run: {
    __resolveReference: async ({ id }: { readonly id?: string | null }, context: SyncContext) => {
      context.demand('read');
      return typeof id === 'string' && id.startsWith('Run_')
        ? runOf(context.sql, id.slice('Run_'.length))
        : null;
    },
    id: ({ id }: RunRow) => typedId('Run', id),
    kind: ({ kind }: RunRow) => capitals(kind),
    mode: ({ mode }: RunRow) => capitals(mode),
    flows: ({ flows: names }: RunRow) => names.map(flowOf),
    perSecond: perSecondOf,
    samples: samplesOf,
  },
  OtherOutcome: {
    event: ({ eventId }: Otherwise, _: unknown, { load }: SyncContext) => load.event.load(eventId),
    winner: ({ winner }: Otherwise) => capitals(winner),
  },
  Rule: {
    id: ({ id }: RuleRow) => (id === '' ? '' : typedId('Rule', id)),
    flow: ({ mapping }: RuleRow) => flowOf(mapping),
    take: ({ take }: RuleRow) => capitals(take),
  },
  SettingChange: {
    examples: ({ examples }: SettingChange, _: unknown, { load }: SyncContext) =>
      Promise.all(examples.map((id) => load.link.load(id))),
  },
  CodeMapping: {
    list: ({ list: name }: CodePair) => snake(name),
    direction: ({ direction }: CodePair) => snake(direction),
  },
  TurnedCode: {
    before: ({ before }: TurnedPair) => before && snake(before),
    after: ({ after }: TurnedPair) => after && snake(after),
  },
  FlowProperty: {
    examples: async ({ examples, mapping, field }: UnmeasuredProperty, _: unknown, context: SyncContext) =>
      (await examples()).map(({ linkId, crm, erp }) => ({
        linkId,
        crm: seen(context, mapping, field, shown(crm)),
        erp: seen(context, mapping, field, shown(erp)),
      })),
  },
  TripExample: {
    link: ({ linkId }: { readonly linkId: string }, _: unknown, { load }: SyncContext) =>
      load.link.load(linkId),
  },
  Mismatch: {
    link: ({ linkId }: { readonly linkId: string }, _: unknown, { load }: SyncContext) =>
      load.link.load(linkId),
  },
};

function deletePolicy(side: Side) {
  return ({ flow, would }: FlowStatus, _: unknown, { sync }: SyncContext) =>
    snake(would?.onDelete?.[side] ?? sync.mappings[mappingOf(flow)].onDelete[side]);
}

type Otherwise = Awaited<ReturnType<SyncContext['sync']['policyReplay']>>['examples'][number];

/** Over everything counted: what `done` says, else the sum of the numbers. */
/** By mapping and by count; the names of records were put together when the run went: where a part is hidden, all is. */
function samplesOf({ samples }: RunRow, _: unknown, context: SyncContext): unknown {
  const flowSamples = Object.entries((samples ?? {}) as Readonly<Record<string, FlowSamples>>);
  return Object.fromEntries(
    flowSamples.map(([mapping, counts]) => [
      mapping,
      maySeeNames(context, mapping) ? counts : withoutTitles(counts),
    ]),
  );
}

type FlowSamples = Readonly<Record<string, readonly { readonly title?: unknown }[]>>;

function withoutTitles(counts: FlowSamples): FlowSamples {
  return Object.fromEntries(
    Object.entries(counts).map(([name, found]) => [name, found.map(({ title: _, ...sample }) => sample)]),
  );
}

function perSecondOf({ counts, startedAt, updatedAt, endedAt }: RunRow): number | null {
  const numbers = Object.values(counts).filter((value) => typeof value === 'number');
  const done = typeof counts.done === 'number' ? counts.done : numbers.reduce((sum, n) => sum + n, 0);
  const seconds = (Date.parse(endedAt ?? updatedAt) - Date.parse(startedAt)) / 1000;
  return seconds > 0 ? done / seconds : null;
}
