import { type LogFn, type Logger, pino, stdSerializers } from 'pino';
import { isSecretName, maskedText } from '../sync/core/secrets.ts';
import { holdsValues, withoutPersons } from './personal.ts';

/** How deep a line's fields are looked into; what is deeper is left out. */
const MAX_DEPTH = 8;

/**
 * A log of JSON lines, or of another stream, in which secrets are masked wherever they stand, and what is personal by
 * its form: texts of other systems' errors come here as they are.
 */
export function createLog(level: string, stream?: { write(line: string): void }): Logger {
  const options = {
    level,
    formatters: { log: (fields: object) => mask(fields, 0) as Record<string, unknown> },
    serializers: { err: (error: unknown) => error },
    hooks: {
      logMethod(this: Logger, given: Parameters<LogFn>, write: LogFn) {
        write.apply(
          this,
          given.map((one: unknown) => (typeof one === 'string' ? shown(one) : one)) as typeof given,
        );
      },
    },
  };
  return stream ? pino(options, stream) : pino(options);
}

const shown = (text: string) => withoutPersons(maskedText(text));

function mask(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return shown(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth > MAX_DEPTH) return '…';
  if (value instanceof Error) {
    const told = Object.entries({ ...stdSerializers.err(value) }).filter(([name]) => !holdsValues(name));
    return mask(Object.fromEntries(told), depth);
  }
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)
    return value instanceof Date ? value : shown(String(value));
  const masked: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value))
    masked[name] = isSecretName(name) ? '***' : mask(inner, depth + 1);
  return masked;
}
