/** Why PostgreSQL cannot be run on a data folder, in words for people, with the remedy: who started us needs no stack. */
export class DataFolderError extends Error {}
