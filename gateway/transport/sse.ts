import { request } from 'undici';
import { CALLER_HEADER, signCaller } from '../caller.ts';
import type { RemoteSubgraph } from '../options.ts';
import type { SubgraphAnswer, SubgraphCall } from '../plan/run.ts';
import { Unavailable } from '../plan/subgraph-error.ts';

/** Subscribes at a subgraph over Server-Sent Events, one connection per subscription. */
export async function subscribeSse(
  source: RemoteSubgraph,
  url: string,
  call: SubgraphCall,
  ms: number,
): Promise<AsyncIterable<SubgraphAnswer>> {
  const body = call.body();
  const { caller, signal } = call.run;
  const signature =
    source.secret === undefined ? {} : { [CALLER_HEADER]: signCaller(caller, body, source.secret) };
  const response = await request(url, {
    method: 'POST',
    headers: {
      ...caller.headers,
      ...signature,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body,
    signal,
    headersTimeout: ms,
    bodyTimeout: 0,
  }).catch((error: unknown) => {
    throw new Unavailable(error instanceof Error ? error.message : String(error), { cause: error });
  });
  if (!String(response.headers['content-type']).startsWith('text/event-stream')) {
    await response.body.dump();
    throw new Unavailable(`answered ${response.statusCode} without a stream of events`);
  }
  return readEvents(response.body);
}

/** The events of an SSE body; reading stops the socket where nobody asks for the next. */
async function* readEvents(body: AsyncIterable<Buffer>): AsyncGenerator<SubgraphAnswer, void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (;;) {
      const end = /\r?\n\r?\n/.exec(text);
      if (!end) break;
      const lines = text.slice(0, end.index).split(/\r?\n/);
      text = text.slice(end.index + end[0].length);
      const kind = lines
        .find((line) => line.startsWith('event:'))
        ?.slice(6)
        .trim();
      if (kind === 'complete') return;
      const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart());
      if (kind === 'next' && data.length > 0) yield JSON.parse(data.join('\n')) as SubgraphAnswer;
    }
  }
}
