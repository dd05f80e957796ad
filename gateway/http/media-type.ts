import type { PatchFormat } from '../incremental.ts';

/** How an answer is written. */
export type AnswerType =
  | 'application/json'
  | 'application/graphql-response+json'
  | 'text/event-stream'
  | 'multipart/mixed';

const OFFERED: readonly AnswerType[] = [
  'application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'multipart/mixed',
];

const WHOLE: readonly AnswerType[] = ['application/json', 'application/graphql-response+json'];

/** The type a client likes best, or null when it accepts none of ours. Without a wish: application/json. */
export function chooseAnswerType(
  accept: string | undefined,
  among: readonly AnswerType[] = OFFERED,
): AnswerType | null {
  if (accept === undefined || accept.trim() === '') return 'application/json';
  let best: AnswerType | null = null;
  let bestQuality = 0;
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const charset = parameters.find((parameter) => parameter.startsWith('charset='));
    if (charset !== undefined && charset !== 'charset=utf-8') continue;
    const type = offered(name);
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (!type || !among.includes(type) || !(quality > bestQuality)) continue;
    best = type;
    bestQuality = quality;
  }
  return best;
}

/** The type of a whole answer for a client that would have liked it in pieces. */
export function chooseWholeType(accept: string | undefined): AnswerType {
  return chooseAnswerType(accept, WHOLE) ?? 'application/json';
}

/** How a client that accepts multipart reads an answer in pieces; null where it only reads subscriptions so. */
export function choosePatchFormat(accept: string | undefined): PatchFormat | null {
  const parameters = accept?.toLowerCase().match(/multipart\/mixed[^,]*/)?.[0] ?? '';
  if (/incrementalspec="?v0\.2/.test(parameters)) return 'v0.2';
  return parameters.includes('subscriptionspec') ? null : '20220824';
}

function offered(range: string): AnswerType | undefined {
  if (range === '*/*' || range === 'application/*') return 'application/json';
  return OFFERED.find((type) => type === range);
}
