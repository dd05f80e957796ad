import { Agent, request } from 'undici';

/** What a round of load showed. */
export type Round = { readonly requests: number; readonly latencies: readonly number[] };

/**
 * Keeps a number of connections busy for some time and checks every answer.
 * @param connections requests under way at any moment · @param ms how long
 */
export async function load(
  url: string,
  body: string,
  expected: string,
  connections: number,
  ms: number,
): Promise<Round> {
  const agent = new Agent({ connections, pipelining: 1 });
  const latencies: number[] = [];
  const end = performance.now() + ms;
  const worker = async () => {
    while (performance.now() < end) {
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
