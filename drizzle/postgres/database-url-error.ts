/** Why the database that we were told to use cannot be used, in words for people, with the remedy: who started us needs no stack. */
export class DatabaseUrlError extends Error {}
