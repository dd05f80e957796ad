import { GraphQLError } from 'graphql';
import type { Limits } from '../options.ts';
import type { AdmittedRequest } from '../pipeline.ts';
import type { Asked } from './cost.ts';
import { exceeded } from './limits.ts';

/** Refuses operations that would ask for too much. Errors have the codes LIMIT_EXCEEDED and BAD_USER_INPUT. */
export function checkCost(
  { served, operation, variables }: AdmittedRequest,
  limits: Limits,
): readonly GraphQLError[] {
  const { cost, page, longest } = served.estimate(operation, variables);
  if (page && (page.size < 0 || page.size > limits.pageSize))
    return [
      badInput(
        `${page.name}(${page.argumentPath.join('.')}: ${page.size}): a page has 0 to ${limits.pageSize} items.`,
        page,
      ),
    ];
  if (longest && longest.size > limits.listItems)
    return [
      badInput(
        `${longest.name}(${longest.argumentPath.join('.')}): a list has at most ${limits.listItems} items, not ${longest.size}. Send it in several requests.`,
        longest,
      ),
    ];
  return cost > limits.cost ? [exceeded(`The operation could cost ${cost}`, limits.cost)] : [];
}

/** Told as the subgraphs tell what they refuse: by the field, and by the path of the argument. */
const badInput = (message: string, { path, argumentPath }: Asked): GraphQLError =>
  new GraphQLError(message, { path, extensions: { code: 'BAD_USER_INPUT', argumentPath } });
