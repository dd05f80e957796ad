import { GraphQLError } from 'graphql';
import type { Limits } from '../options.ts';

/** What holds unless configured otherwise; our own largest queries pass with room to spare. */
export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 1_000_000,
  frameBytes: 64_000,
  tokens: 2_000,
  depth: 12,
  aliases: 30,
  deferred: 20,
  comparisons: 20_000,
  rootFields: 20,
  cost: 100_000,
  pageSize: 100,
  listItems: 2_000,
  validationErrors: 5,
  operationMs: 10_000,
  subgraphMs: 5_000,
  running: 128,
  waiting: 4_000,
  perMinute: 0,
  failedLoginsPerMinute: 60,
  subscriptionsPerSocket: 100,
  streamsPerCaller: 1_000,
  slowClientMs: 15_000,
  heartbeatMs: 12_000,
};

/** The error for something that is more than a limit allows. */
export function exceeded(what: string, limit: number): GraphQLError {
  return new GraphQLError(`${what}; the limit is ${limit}.`, { extensions: { code: 'LIMIT_EXCEEDED' } });
}
