import type { SubgraphAnswer, SubgraphCall } from '../plan/run.ts';
import { Unavailable } from '../plan/subgraph-error.ts';

/**
 * What came back, for each who asked, by each one's own way of reading: a run writes into the answer it gets, so that
 * the next one gets another.
 */
export type Reply = (read: SubgraphCall['read']) => SubgraphAnswer;

/** Reads a text for the first who asked. Throws Unavailable where it is no answer. */
export function reply(text: string, status: number, read: SubgraphCall['read']): Reply {
  const answerFor = (how: SubgraphCall['read']) =>
    (status === 200 ? how?.(text) : null) ?? readAnswer(text, status);
  let fresh: SubgraphAnswer | null = answerFor(read);
  return (how) => {
    const answer = how === read && fresh ? fresh : answerFor(how);
    fresh = null;
    return answer;
  };
}

/** Parses an answer. Throws Unavailable where it is none. */
export function readAnswer(text: string, status: number): SubgraphAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Unavailable(`answered ${status} with something that is not JSON`);
  }
  if (
    answer === null ||
    typeof answer !== 'object' ||
    !('data' in answer || 'errors' in answer) ||
    status > 500
  )
    throw new Unavailable(`answered ${status} with something that is no GraphQL answer`);
  return answer as SubgraphAnswer;
}
