import { type Logger, pino, stdSerializers } from 'pino';
import { isSecretName, maskedText } from '../sync/core/secrets.ts';

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
  if (typeof value === 'string') return maskedText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth > MAX_DEPTH) return '…';
  if (value instanceof Error) return mask({ ...stdSerializers.err(value) }, depth);
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)
    return value instanceof Date ? value : maskedText(String(value));
  const masked: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value))
    masked[name] = isSecretName(name) ? '***' : mask(inner, depth + 1);
  return masked;
}
