/** Why a data folder cannot be used, in words for people, with the remedy: who started us needs no stack. */
export class DataFolderError extends Error {}
