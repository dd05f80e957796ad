import { type GraphQLResolveInfo, Kind, type SelectionNode } from 'graphql';
import type { Source } from './source.ts';
import type { Page } from './system.ts';

/** A page as the schema's plain resolvers read it. */
export interface Connection {
  readonly nodes: readonly Source[];
  readonly edges: readonly { readonly node: Source; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

/** The connection of a page. */
export function connection(
  page: Page,
  sourceOf: (record: Page['edges'][number]['node']) => Source,
): Connection {
  const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: sourceOf(node) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: page.total,
  };
}

/** Whether the operation selects `totalCount` of the connection that is being resolved: counting costs a scan. */
export function selectsTotal({ fieldNodes, fragments }: GraphQLResolveInfo): boolean {
  const selects = (selection: SelectionNode): boolean => {
    if (selection.kind === Kind.FIELD) return selection.name.value === 'totalCount';
    const { selectionSet } =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]!;
    return selectionSet.selections.some(selects);
  };
  return fieldNodes.some((node) => node.selectionSet?.selections.some(selects) ?? false);
}
