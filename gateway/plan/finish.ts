import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Entity } from './merge.ts';
import type { Projector } from './project.ts';
import type { Run } from './run.ts';
import type { Writer } from './write-copied.ts';

/** Errors kept of one answer: a subgraph that is down for thousands of entities says so often enough. */
const MAX_ERRORS = 500;

/** Makes the answer of what a run has gathered. */
export function finish(project: Projector, run: Run): ExecutionResult {
  // Where no subgraph answered, every field is null as far as the schema lets it be.
  return resultOf(project(run.data ?? {}, run.errors), run);
}

/** The same of what was gathered for copying: where nothing went wrong, the JSON of its data. */
export function finishAsText(write: Writer, run: Run): ExecutionResult | string {
  const text = write(run.data ?? {}, run.errors);
  if (text !== null && run.errors.length === 0) return text;
  return resultOf(text === null ? null : JSON.parse(text), run);
}

function resultOf(data: Entity | null, { errors }: Run): ExecutionResult {
  if (errors.length === 0) {
    // A subgraph that leaves out what its schema promises gives no error of its own.
    return data === null ? { errors: [nullAtTop()], data } : { data };
  }
  return { errors: errors.length > MAX_ERRORS ? errors.slice(0, MAX_ERRORS) : errors, data };
}

/** The error for a null that no subgraph explained. */
export function nullAtTop(): GraphQLError {
  return new GraphQLError("A non-nullable field is missing from a subgraph's answer.", {
    extensions: { code: 'SUBGRAPH_ANSWER_INCOMPLETE' },
  });
}
