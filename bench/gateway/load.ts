import { Agent, request } from 'undici';

/** A request to send, and the answer that is right. */
export type Question = { readonly body: string; readonly expected: string };

/** How long a load goes on: for a time, or for a number of requests. */
export type Extent = { readonly ms: number } | { readonly requests: number };

/** What a round of load showed. */
export type Round = { readonly requests: number; readonly latencies: readonly number[] };

/**
 * Keeps a number of connections busy, each request with the next question, and checks every answer.
 * @param connections requests under way at any moment
 */
export async function load(
  url: string,
  questions: readonly Question[],
  connections: number,
  extent: Extent,
): Promise<Round> {
  const agent = new Agent({ connections, pipelining: 1 });
  const latencies: number[] = [];
  const end = 'ms' in extent ? performance.now() + extent.ms : Number.POSITIVE_INFINITY;
  let left = 'ms' in extent ? Number.POSITIVE_INFINITY : extent.requests;
  let next = 0;
  const worker = async () => {
    while (performance.now() < end && left-- > 0) {
      const { body, expected } = questions[next++ % questions.length]!;
      const started = performance.now();
      const answer = await ask(url, body, agent);
      latencies.push(performance.now() - started);
      if (answer.length !== expected.length) throw new Error(`A wrong answer: ${answer.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  await agent.close();
  return { requests: latencies.length, latencies };
}

/** One request; the text of its answer. */
export async function ask(url: string, body: string, dispatcher?: Agent): Promise<string> {
  const { body: answer } = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
    ...(dispatcher ? { dispatcher } : {}),
  });
  return answer.text();
}
