/** Why the database of DATABASE_URL cannot be used, in words for people, with the remedy: who started us needs no stack. */
export class DatabaseUrlError extends Error {}
