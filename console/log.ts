import { type Logger, pino, stdSerializers } from 'pino';

/** What a log line never shows, by the names that such things have. */
const SECRET_NAMES =
  /^(authorization|cookie|set-cookie|password|passwd|secret|token|access_?token|refresh_?token|api_?key|x-api-key|x-tandem-caller)$/i;

/** What a text never shows: bearer and signed tokens, and passwords in addresses. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 ***'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '***'],
  [/(:\/\/[^:@/\s]*):[^@/\s]*@/g, '$1:***@'],
];

/** How deep a line's fields are looked into; what is deeper is left out. */
const MAX_DEPTH = 8;

/** A log of JSON lines, or of another stream, in which secrets are masked wherever they stand. */
export function createLog(level: string, stream?: { write(line: string): void }): Logger {
  const options = {
    level,
    formatters: { log: (fields: object) => mask(fields, 0) as Record<string, unknown> },
    serializers: { err: (error: unknown) => error },
  };
  return stream ? pino(options, stream) : pino(options);
}

function mask(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth > MAX_DEPTH) return '…';
  if (value instanceof Error) return mask({ ...stdSerializers.err(value) }, depth);
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)
    return value instanceof Date ? value : maskText(String(value));
  const masked: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value))
    masked[name] = SECRET_NAMES.test(name) ? '***' : mask(inner, depth + 1);
  return masked;
}

function maskText(text: string): string {
  return SECRET_TEXTS.reduce((masked, [pattern, shown]) => masked.replace(pattern, shown), text);
}
