import { customType } from 'drizzle-orm/pg-core';

/**
 * A jsonb column. Use this in place of drizzle's own: that one parses what the driver has parsed already, so that a
 * string like `"12"` comes back as a number.
 */
export function jsonb<T>(name?: string) {
  const column = customType<{ data: T; driverData: unknown }>({
    dataType: () => 'jsonb',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value) => value as T,
  });
  return name === undefined ? column() : column(name);
}
