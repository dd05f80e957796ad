import type { Sql } from '../../drizzle/postgres/client.ts';

/** A database with somebody before it, who hears each statement's text and may answer in its place. */
export const onStatement = (sql: Sql, answer: (text: string) => Promise<never> | undefined): Sql =>
  new Proxy(sql, {
    apply: (target, self, args) =>
      answer(Array.isArray(args[0]) ? (args[0] as readonly string[]).join('?') : '') ??
      Reflect.apply(target, self, args),
  });
