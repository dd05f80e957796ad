import type { Json } from './types.ts';

/** What is never shown, by the names that such things have. */
const names =
  '(?:proxy-)?authorization|cookie|set-cookie|pass(?:word|wd|phrase)|pwd|(?:client[_-]?)?secret|(?:access[_-]?|refresh[_-]?|id[_-]?|auth[_-]?)?token|(?:x-)?api[_-]?key|private[_-]?key|credentials?|session[_-]?id|signature|x-tandem-caller';
const secretName = new RegExp(`^(?:${names})$`, 'i');

/** What a text never shows: credentials of a header, signed tokens, passwords in addresses, and what follows a secret's name. */
const inText: readonly (readonly [RegExp, string | ((match: string, code: string) => string)])[] = [
  [/\b(Bearer)\s+[\w.~+/=-]{8,}/gi, '$1 ***'],
  [/\bBasic\s+([A-Za-z0-9+/]{4,}={0,2})/gi, (match, code) => (isPair(code) ? 'Basic ***' : match)],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '***'],
  [/(:\/\/[^:@/\s]*):[^@/\s]*@/g, '$1:***@'],
  [
    new RegExp(
      `(?<![\\w-])((?:${names})\\\\?["']?\\s*[=:]\\s*\\\\?["']?)(?!(?:Bearer|Basic)\\s|\\*\\*\\*)(?:(?:Session|Digest|Negotiate|ApiKey|Token)\\s+)?[^\\s"'\\\\&,;})\\]]+`,
      'gi',
    ),
    '$1***',
  ],
];

/** A text without the secrets in it. What a system says of a request may quote the request. */
export function maskedText(text: string): string {
  return inText.reduce((masked, [pattern, shown]) => masked.replace(pattern, shown as string), text);
}

/** Whether a property of this name holds a secret: `password`, `Authorization`, `apiKey`. */
export const isSecretName = (name: string): boolean => secretName.test(name);

/** Data without the secrets in it, whether by a property's name or within a text. */
export function masked(value: Json): Json {
  if (typeof value === 'string') return maskedText(value);
  if (Array.isArray(value)) return value.map(masked);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecretName(name) && inner !== null ? '***' : masked(inner),
    ]),
  );
}

/** Whether a code is a user's name and password in Base64: the word Basic alone is a name for anything. */
function isPair(code: string): boolean {
  try {
    return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(atob(code));
  } catch {
    return false;
  }
}
