import type { PlanNode, RequiresSelection } from '@graphql-hive/router-query-planner';
import { unplannable } from './planner.ts';

/**
 * Throws where a plan would give a field that is required with several arguments the value of another: version 0.0.38
 * of the planner asks for each by a name of its own, and then may forget which is whose. Throws as well where it would
 * read a key from what the client calls by the key's name (`{ id: name … }`): it gives that its name back too early.
 */
export function trustPlan(node: PlanNode): void {
  const given = new Set<string>();
  const read = new Set<string>();
  const renamed = new Set<string>();
  scan(node, { given, read, renamed });
  for (const alias of given)
    if (!read.has(alias)) throw unplannable(`The planner's ${alias} is asked for and never read.`);
  for (const key of renamed)
    if (read.has(key)) throw unplannable(`The planner reads ${key} where another field is called so.`);
}

const ALIAS = /_internal_qp_alias_\d+/g;

/** What a plan asks for by names of the planner's, what it reads, and what it gives other names. */
type Found = { readonly given: Set<string>; readonly read: Set<string>; readonly renamed: Set<string> };

function scan(node: PlanNode, found: Found): void {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      for (const inner of node.nodes) scan(inner, found);
      return;
    case 'Condition':
      for (const inner of [node.ifClause, node.elseClause]) if (inner) scan(inner, found);
      return;
    case 'Flatten':
      scan(node.node, found);
      return;
    case 'Subscription':
      scan(node.primary, found);
      return;
    case 'Defer':
      return;
    case 'Fetch':
    case 'BatchFetch': {
      for (const [alias] of node.operation.matchAll(ALIAS)) found.given.add(alias);
      const parts = node.kind === 'Fetch' ? [node] : node.entityBatch.aliases;
      for (const { requires, outputRewrites } of parts) {
        readBy(requires ?? [], found.read);
        for (const [alias] of JSON.stringify(outputRewrites ?? []).matchAll(ALIAS)) found.read.add(alias);
        for (const rewrite of outputRewrites ?? [])
          if ('KeyRenamer' in rewrite) found.renamed.add(rewrite.KeyRenamer.renameKeyTo);
      }
    }
  }
}

function readBy(selections: readonly RequiresSelection[], read: Set<string>): void {
  const keys = new Set<string>();
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const key = selection.alias ?? selection.name;
      if (keys.has(key)) throw unplannable(`The planner requires two values of ${key} at once.`);
      keys.add(key);
      read.add(selection.name);
    }
    if (selection.kind !== 'FragmentSpread' && selection.selections) readBy(selection.selections, read);
  }
}
