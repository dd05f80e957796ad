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

/** The type a client likes best, or null when it accepts none of ours. Without a wish: application/json. */
export function chooseAnswerType(accept: string | undefined): AnswerType | null {
  if (accept === undefined || accept.trim() === '') return 'application/json';
  let best: AnswerType | null = null;
  let bestQuality = 0;
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const charset = parameters.find((parameter) => parameter.startsWith('charset='));
    if (charset !== undefined && charset !== 'charset=utf-8') continue;
    const type = offered(name);
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (!type || !(quality > bestQuality)) continue;
    best = type;
    bestQuality = quality;
  }
  return best;
}

function offered(range: string): AnswerType | undefined {
  if (range === '*/*' || range === 'application/*') return 'application/json';
  return OFFERED.find((type) => type === range);
}
