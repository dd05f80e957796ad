import { registerHooks } from 'node:module';

/**
 * postgres.js, with one pattern of its source written otherwise while it is loaded.
 *
 * Every statement makes two functions and assigns them to itself: `this.resolve = x => …`. V8 puts a function that is
 * written straight into such an assignment into the old generation at once (`set_pretenure` in its parser, meant for
 * methods of prototypes). There it keeps whatever it reaches, the statement with its parameters and all rows of its
 * answer, from being collected with the young objects: all of it is carried over, and waits for a full collection. Named
 * first and assigned then, the same functions die young, and so does the rest.
 *
 * A version of the driver that is written otherwise is left as it is; the test that names this file then fails.
 */
const assigned = /this\.(resolve|reject) = (x => \(this\.active = false, \1\(x\)\))/g;

let isFirst = false;
const hooks = registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/postgres/src/query.js')) return loaded;
    isFirst = true;
    return { ...loaded, source: String(loaded.source).replace(assigned, 'const on$1 = $2; this.$1 = on$1') };
  },
});

/** The driver itself. Whatever else imports it is imported afterwards, dynamically: what is static is loaded first. */
export const { default: postgres } = await import('postgres');

hooks.deregister();
if (!isFirst)
  throw new Error(
    'postgres.js was loaded before drizzle/postgres/driver.ts could adapt it; import it from there.',
  );
