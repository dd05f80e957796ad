import type { Author } from './connector.ts';

/** The sync's own name in both systems' `updatedBy`. */
export const syncAuthor: Author = { actor: 'tandem', origin: 'sync' };
