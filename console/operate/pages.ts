import type { Operator } from './operator.ts';

interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Entries of one request: what the gateway allows. */
const pageSize = 100;

/** All entries of a list, page by page. `name` is the field of the connection. */
export async function allOf<Node>(
  operator: Operator,
  operation: string,
  name: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<readonly Node[]> {
  const found: Node[] = [];
  let after: string | null = null;
  for (;;) {
    const data: Readonly<Record<string, Page<Node>>> = await operator.ask(operation, {
      ...variables,
      first: pageSize,
      after,
    });
    const page = data[name]!;
    found.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return found;
    after = page.pageInfo.endCursor;
  }
}
