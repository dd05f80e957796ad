// biome-ignore-all lint/performance/noBarrelFile: the one door, so that nobody reaches into the engine.
export type { LineChange, Write, WriteFailure } from './core/connector.ts';
export type { Json, SystemRecord } from './core/types.ts';
export type { Ask, Sync, SyncResult } from './engine/api.ts';
export { createSync, type SyncOptions } from './engine/create-sync.ts';
export { newId } from './engine/new-id.ts';
export { syncMetrics } from './store/metrics.ts';
