import { GraphQLError } from 'graphql';
import type { Limits } from '../options.ts';
import type { AdmittedRequest } from '../pipeline.ts';
import { exceeded } from './limits.ts';

/** Refuses operations that would ask for too much. Errors have the codes LIMIT_EXCEEDED and BAD_USER_INPUT. */
export function checkCost(
  { served, operation, variables }: AdmittedRequest,
  limits: Limits,
): readonly GraphQLError[] {
  const { cost, page, least, longest } = served.estimate(operation, variables);
  // Below nothing, a subgraph may take it for all there is, which no estimate would have counted.
  const asked = least < 0 ? least : page;
  if (asked < 0 || asked > limits.pageSize)
    return [
      new GraphQLError(`A page may have ${limits.pageSize} items, not ${asked}.`, {
        extensions: { code: 'BAD_USER_INPUT' },
      }),
    ];
  if (longest && longest.length > limits.listItems)
    return [
      new GraphQLError(
        `A list may have ${limits.listItems} items, not ${longest.length} as that of ${longest.at}; send it in several requests.`,
        { extensions: { code: 'BAD_USER_INPUT' } },
      ),
    ];
  return cost > limits.cost ? [exceeded(`The operation could cost ${cost}`, limits.cost)] : [];
}
