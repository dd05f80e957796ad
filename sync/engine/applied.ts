import type { Author, Write, WriteFailure, WriteResult } from '../core/connector.ts';
import type { Held, Side, SystemRecord } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import type { RecordWrite } from './draft.ts';

/** What became of one record write, with what could not be encoded for the target. */
export interface Applied {
  readonly write: RecordWrite;
  /** The same as the system was asked for it, in its own words. */
  readonly sent: Write;
  /** The record as its system shows it now; null once deleted, or where the write failed. */
  readonly record: SystemRecord | null;
  /** Of a create: an earlier attempt had made this record, which somebody has deleted since. */
  readonly deletedId: string | null;
  /** `existed`: an earlier attempt at this create had come through. */
  readonly kind: WriteResult['kind'];
  /** Of a create: its record has given way to a twin, which is found in its place, by this. */
  readonly twin?: LinkRow['linkedBy'];
  readonly failure: WriteFailure | null;
  /** Not sent at all: it stands or falls with a write that has failed so. */
  readonly unsent?: true;
  /** Per link: fields that the target can't hold; the others were written. */
  readonly held: readonly { readonly link: string; readonly held: Held }[];
}

/** What is still to be noted, ahead of the first write to each side. */
export type Ahead = Partial<Readonly<Record<Side, Author['ahead']>>>;
