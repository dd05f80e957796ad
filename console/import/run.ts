import type { Sql } from '../../drizzle/postgres/open.ts';
import type { Entity } from '../../subgraphs/system/entity.ts';
import type { System } from '../../subgraphs/system/system.ts';
import type { LineFile } from './line-file.ts';
import type { Lookups } from './lookups.ts';
import type { Progress } from './progress.ts';
import type { ImportJob } from './project-file.ts';
import type { RefusedRows } from './refused.ts';

/** What an import works with. */
export interface ImportParts {
  readonly sql: Sql;
  readonly systems: Readonly<Record<'crm' | 'erp', System>>;
  readonly refused: RefusedRows;
  readonly progress: Progress;
}

/** How to import. */
export interface ImportOptions {
  /** For maps that do not say it. */
  readonly system?: 'crm' | 'erp' | undefined;
  readonly entity?: string | undefined;
  /** Writes the file's values over records that were imported before; default: they are left alone. */
  readonly update?: boolean | undefined;
  /** Reads and checks, writes nothing; references are not looked up. */
  readonly check?: boolean | undefined;
}

/** What became of the rows of a file. */
export interface Counts {
  created: number;
  /** Imported before and left alone, or the same as in the file. */
  existed: number;
  updated: number;
  /** Rows that repeat a key of the same file, where the map allows it. */
  repeated: number;
}

/** One file's import while it runs. */
export interface Run {
  readonly parts: ImportParts;
  readonly job: ImportJob;
  readonly options: ImportOptions;
  readonly system: System;
  readonly entity: Entity;
  readonly lookups: Lookups;
  /** By the place of their lines in the map; null where lines are made of the document's own row. */
  readonly lineFiles: readonly (LineFile | null)[];
  readonly counts: Counts;
}
