import type { PlanNode, RequiresSelection } from '@graphql-hive/router-query-planner';
import { unplannable } from './planner.ts';

/**
 * Throws where a plan would give a field that is required with several arguments the value of another: version 0.0.38
 * of the planner asks for each by a name of its own, and then may forget which is whose.
 */
export function trustPlan(node: PlanNode): void {
  const given = new Set<string>();
  const read = new Set<string>();
  scan(node, given, read);
  for (const alias of given)
    if (!read.has(alias)) throw unplannable(`The planner's ${alias} is asked for and never read.`);
}

const ALIAS = /_internal_qp_alias_\d+/g;

function scan(node: PlanNode, given: Set<string>, read: Set<string>): void {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      for (const inner of node.nodes) scan(inner, given, read);
      return;
    case 'Condition':
      for (const inner of [node.ifClause, node.elseClause]) if (inner) scan(inner, given, read);
      return;
    case 'Flatten':
      scan(node.node, given, read);
      return;
    case 'Subscription':
      scan(node.primary, given, read);
      return;
    case 'Defer':
      return;
    case 'Fetch':
    case 'BatchFetch': {
      for (const [alias] of node.operation.matchAll(ALIAS)) given.add(alias);
      const parts = node.kind === 'Fetch' ? [node] : node.entityBatch.aliases;
      for (const { requires, outputRewrites } of parts) {
        readBy(requires ?? [], read);
        for (const [alias] of JSON.stringify(outputRewrites ?? []).matchAll(ALIAS)) read.add(alias);
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
