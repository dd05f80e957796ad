import type { BatchFetchNode, FetchNode, PlanNode } from '@graphql-hive/router-query-planner';

/** What changes a request of a plan, whatever its kind. */
export type ChangeRequest = <T extends FetchNode | BatchFetchNode>(request: T) => T;

/** A plan with each of its requests changed. */
export function mapRequests(node: PlanNode, change: ChangeRequest): PlanNode {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return { ...node, nodes: node.nodes.map((inner) => mapRequests(inner, change)) };
    case 'Condition':
      return {
        ...node,
        ...(node.ifClause && { ifClause: mapRequests(node.ifClause, change) }),
        ...(node.elseClause && { elseClause: mapRequests(node.elseClause, change) }),
      };
    case 'Flatten':
      return { ...node, node: mapRequests(node.node, change) };
    case 'Subscription':
      return { ...node, primary: change(node.primary) };
    case 'Defer':
      return node;
    case 'Fetch':
    case 'BatchFetch':
      return change(node);
  }
}
