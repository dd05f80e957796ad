import type { Operator } from './operator.ts';

/** What the command line gave: options by their long name. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

/** How the graph is to take an act: tried or done, and why, for the audit trail. */
export const how = ({ preview, reason }: Options) => ({
  mode: preview === true ? 'PREVIEW' : 'APPLY',
  reason: reason ?? null,
});

/** Runs a command; returns the exit code: 0, or 1 where what was asked about is not well. */
export type Run = (operator: Operator, options: Options, args: readonly string[]) => Promise<number>;

/** A command that asks a running gateway. Every one has --url, --token and --json beside its own options. */
export interface OperatorCommand {
  /** With its arguments, as commander writes them. */
  readonly name: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /** Files are read when the command is given, not before. */
  load(): Promise<Run>;
}
