import type { Json } from '../../core/types.ts';
import type { CodeSet } from './codes.ts';
import type { PolicyReplay } from './policy-replay.ts';

/** What a setting is about. */
export interface Touched {
  /** Links: pairs, or records without a counterpart where these are meant. */
  readonly pairs: number;
  /** Open issues of the field, or that close with it. */
  readonly issues: number;
  /** Open conflicts of the field. */
  readonly conflicts: number;
  /** A few of the links, by id. */
  readonly examples: readonly string[];
}

/** What a setting would change: told by a preview, which writes nothing. */
export interface SettingChange extends Touched {
  /** The setting as it is, and as it would be: names and values, or pairs of codes. */
  readonly before: Readonly<Record<string, Json>> | readonly object[];
  readonly after: Readonly<Record<string, Json>> | readonly object[];
  /** Of a winner: what it would have decided otherwise lately. */
  readonly replay: PolicyReplay | null;
  /** Of a code: the pair, and the others that it leaves another direction. */
  readonly code?: CodeSet;
  /** What then happens, in words. */
  readonly effect: string;
}

/** Links that a preview names. */
export const mostExamples = 10;
