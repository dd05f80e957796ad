import { registerHooks } from 'node:module';

/** One pattern of a file of the driver's, and how it is written otherwise. */
interface Adaptation {
  readonly file: string;
  readonly from: RegExp;
  readonly to: string;
}

/**
 * postgres.js, with a few patterns of its source written otherwise while it is loaded. A version of the driver that is
 * written otherwise is left as it is; the tests that name this file then fail.
 */
const adaptations: readonly Adaptation[] = [
  // Every statement makes two functions and assigns them to itself: `this.resolve = x => …`. V8 puts a function that is
  // written straight into such an assignment into the old generation at once (`set_pretenure` in its parser, meant for
  // methods of prototypes). There it keeps whatever it reaches, the statement with its parameters and all rows of its
  // answer, from being collected with the young objects: all of it is carried over, and waits for a full collection.
  // Named first and assigned then, the same functions die young, and so does the rest.
  {
    file: 'query.js',
    from: /this\.(resolve|reject) = (x => \(this\.active = false, \1\(x\)\))/g,
    to: 'const on$1 = $2; this.$1 = on$1',
  },
  // Of the connections that are free the driver takes the one that has rested longest, so that all of them are in use
  // however little there is to do, and each of their server processes plans every statement for itself and finds its
  // memory out of the processor's cache. The one that was used last is taken instead.
  { file: 'index.js', from: /open\.shift\(\)/g, to: 'open.pop()' },
  {
    file: 'queue.js',
    from: /shift: \(\) =>/,
    to: 'pop: () => xs.length > index ? xs.pop() : undefined,\n    shift: () =>',
  },
];

let isFirst = false;
const hooks = registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const own = adaptations.filter(({ file }) => url.endsWith(`/postgres/src/${file}`));
    if (own.length === 0) return loaded;
    isFirst = true;
    return {
      ...loaded,
      source: own.reduce((source, { from, to }) => source.replace(from, to), String(loaded.source)),
    };
  },
});

/** The driver itself. Whatever else imports it is imported afterwards, dynamically: what is static is loaded first. */
export const { default: postgres } = await import('postgres');

hooks.deregister();
if (!isFirst)
  throw new Error(
    'postgres.js was loaded before drizzle/postgres/driver.ts could adapt it; import it from there.',
  );
