// biome-ignore-all lint/performance/noBarrelFile: the one door, so that nobody reaches into the engine.
export { checkMappings } from './core/check.ts';
export { codeLists } from './core/code-lists.ts';
export type { CodePair, TurnedPair } from './core/code-pairs.ts';
export { longestSettleMs } from './core/configured.ts';
export type { Connector, LineChange, RateLimit, Write, WriteFailure } from './core/connector.ts';
export { type FieldDrift, isInStep } from './core/drift.ts';
export { meaningOf } from './core/errors.ts';
export { homesOf } from './core/home.ts';
export type { FieldRule, LinkRule, Mapping } from './core/mapping.ts';
export { staysRemoved } from './core/merge-lines.ts';
export type { Trip } from './core/round-trip.ts';
export { other, sides } from './core/sides.ts';
export type {
  Conflict,
  Held,
  Json,
  MappingName,
  RecordRef,
  Side,
  SystemRecord,
  Values,
} from './core/types.ts';
export type { SettingChange } from './engine/acts/setting-change.ts';
export type { Ask, Drift, LinkPlan, PlannedWrite, Sync, SyncResult } from './engine/api.ts';
export { createSync, type SyncOptions } from './engine/create-sync.ts';
export { newId } from './engine/new-id.ts';
export type { SyncEvent } from './store/events.ts';
export { syncMetrics } from './store/metrics.ts';
