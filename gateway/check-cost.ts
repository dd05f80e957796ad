import { GraphQLError } from 'graphql';
import { exceeded } from './limits.ts';
import type { Limits } from './options.ts';
import type { AdmittedRequest } from './pipeline.ts';

/** Refuses operations that would ask for too much. Errors have the codes LIMIT_EXCEEDED and BAD_USER_INPUT. */
export function checkCost(
  { served, operation, variables }: AdmittedRequest,
  limits: Limits,
): readonly GraphQLError[] {
  const { cost, page } = served.estimate(operation, variables);
  if (page > limits.pageSize)
    return [
      new GraphQLError(`A page may have ${limits.pageSize} items, not ${page}.`, {
        extensions: { code: 'BAD_USER_INPUT' },
      }),
    ];
  return cost > limits.cost ? [exceeded(`The operation could cost ${cost}`, limits.cost)] : [];
}
