import type { FetchNodePathSegment, FetchRewrite } from '@graphql-hive/router-query-planner';
import { type Entity, isObject } from './merge.ts';
import type { PlanSchema } from './schema.ts';

/** Changes a subgraph's answer, or a representation, in place. */
export type Rewrite = {
  apply(data: unknown): unknown;
  /** The names a planner's aliases stand for, to restore them in error paths. */
  readonly renamed: ReadonlyMap<string, string>;
};

type Step =
  | { readonly kind: 'type'; readonly names: ReadonlySet<string> }
  | { readonly kind: 'key'; readonly key: string };

/** Compiles the rewrites of a fetch; null when there are none. */
export function compileRewrites(
  rewrites: readonly FetchRewrite[] | null | undefined,
  schema: PlanSchema,
): Rewrite | null {
  if (!rewrites?.length) return null;
  const renamed = new Map<string, string>();
  const changes = rewrites.map((rewrite) => {
    if ('KeyRenamer' in rewrite) {
      const { path, renameKeyTo } = rewrite.KeyRenamer;
      const steps = compileSteps(path, schema);
      const last = steps.at(-1);
      if (last?.kind === 'key') renamed.set(last.key, renameKeyTo);
      return (data: unknown) => {
        renameKey(data, steps, 0, renameKeyTo);
        return data;
      };
    }
    const setter = 'ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite;
    const steps = compileSteps(setter.path, schema);
    return (data: unknown) => setValue(data, steps, 0, setter.setValueTo);
  });
  return { apply: (data) => changes.reduce((changed, change) => change(changed), data), renamed };
}

function compileSteps(path: readonly FetchNodePathSegment[], schema: PlanSchema): readonly Step[] {
  return path.map((segment) =>
    'Key' in segment
      ? { kind: 'key', key: segment.Key }
      : { kind: 'type', names: schema.matching(segment.TypenameEquals) },
  );
}

function setValue(data: unknown, steps: readonly Step[], i: number, value: string): unknown {
  if (Array.isArray(data)) return data.map((item) => setValue(item, steps, i, value));
  const step = steps[i];
  if (step === undefined) return value;
  if (!isObject(data)) return data;
  if (step.kind === 'type') return covers(step.names, data) ? setValue(data, steps, i + 1, value) : data;
  const inner = data[step.key];
  if (i === steps.length - 1) data[step.key] = value;
  else if (inner !== null && inner !== undefined) data[step.key] = setValue(inner, steps, i + 1, value);
  return data;
}

function renameKey(data: unknown, steps: readonly Step[], i: number, to: string): void {
  if (Array.isArray(data)) {
    for (const item of data) renameKey(item, steps, i, to);
    return;
  }
  const step = steps[i];
  if (!isObject(data) || step === undefined) return;
  if (step.kind === 'type') {
    if (covers(step.names, data)) renameKey(data, steps, i + 1, to);
    return;
  }
  if (i < steps.length - 1) {
    renameKey(data[step.key], steps, i + 1, to);
    return;
  }
  if (!(step.key in data)) return;
  data[to] = data[step.key];
  delete data[step.key];
}

function covers(names: ReadonlySet<string>, data: Entity): boolean {
  const typename = data.__typename;
  return typeof typename !== 'string' || names.has(typename);
}
