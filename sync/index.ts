/** The door of the sync: what the rest of the house may use of it. */
export type { Ask, Sync, SyncResult } from './engine/api.ts';
export { createSync, type SyncOptions } from './engine/create-sync.ts';
export { newId } from './engine/new-id.ts';
