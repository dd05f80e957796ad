import { type ExecutionResult, GraphQLError } from 'graphql';
import { finish, nullAtTop } from './finish.ts';
import { introspect } from './introspection.ts';
import { type Entity, isObject, merge } from './merge.ts';
import type { Place } from './paths.ts';
import { isUnplannable } from './planner.ts';
import type { Run } from './run.ts';
import type { PlanSchema } from './schema.ts';
import { onlyShown } from './shown-keys.ts';
import { type Position, takeMarks } from './split-deferred.ts';
import { type EntryPlanner, entriesOf, type Stage } from './stage.ts';
import { tellUnmet } from './unmet.ts';

/** A deferred fragment at one place of the answer. */
export type DeferredPart = { readonly id: string; readonly path: Place; readonly label: string | undefined };

/** What came of it. `data` is null where a null bubbled up to the fragment. */
export type DeliveredPart = DeferredPart & {
  readonly data: Entity | null;
  readonly errors: readonly GraphQLError[];
};

/** Parts that are ready, and those that were found in them and will follow. */
export type Delivery = {
  readonly parts: readonly DeliveredPart[];
  readonly begun: readonly DeferredPart[];
  readonly hasNext: boolean;
};

/** An answer in pieces. */
export type IncrementalAnswer = {
  readonly initial: ExecutionResult;
  readonly begun: readonly DeferredPart[];
  /** Ends after the delivery that has no next. */
  readonly rest: AsyncIterableIterator<Delivery>;
};

/** What runs the parts. */
export type PartRunner = {
  readonly schema: PlanSchema;
  readonly entry: EntryPlanner;
  /** Chosen once per request, so that all its plans move the same fields. */
  readonly chance: number;
};

type Found = { readonly part: DeferredPart; readonly position: Position };

type Group = {
  readonly stage: Stage;
  readonly fragment: number;
  readonly typeName: string;
  readonly found: Found[];
};

type Done = { readonly parts: readonly DeliveredPart[]; readonly groups: readonly Group[] };

/** Runs the first stage of an operation; the parts it defers follow, each as soon as it is ready. */
export async function runStages(
  first: Stage,
  run: Run,
  runner: PartRunner,
): Promise<IncrementalAnswer | ExecutionResult> {
  let ids = 0;
  const begin = (stage: Stage, positions: readonly Position[]): readonly Group[] => {
    const groups = new Map<string, Group>();
    for (const position of positions) {
      const { fragment, typeName, path } = position;
      const key = `${fragment} ${typeName}`;
      const group = groups.get(key) ?? { stage, fragment, typeName, found: [] };
      groups.set(key, group);
      const part = { id: String(ids++), path, label: stage.fragments[fragment]?.label };
      group.found.push({ part, position });
    }
    return [...groups.values()];
  };
  await runWhole(first, run, runner);
  const positions: Position[] = [];
  const initial = finish(first.projectors(run.variables), run);
  takeMarks(first.marks, initial.data, run.data, [], positions);
  const groups = begin(first, positions);
  if (groups.length === 0) return initial;
  return { initial, begun: partsOf(groups), rest: deliver(groups, begin, run, runner) };
}

/** Runs all stages of an operation for one answer: what a later stage finds is put where it belongs. */
export async function runStagesAsOne(
  alternatives: readonly Stage[],
  run: Run,
  runner: PartRunner,
): Promise<void> {
  const first = alternatives.find((stage) => isPlannable(stage, run, runner)) ?? alternatives[0]!;
  await runPlan(first, run, runner);
  await fill(first, run, positionsIn(first, run, ownPaths(first, run)), runner);
}

async function fill(stage: Stage, run: Run, found: readonly Position[], runner: PartRunner): Promise<void> {
  const groups = Map.groupBy(found, ({ fragment, typeName }) => `${fragment} ${typeName}`);
  const filling = [...groups.values()].map(async (positions) => {
    const { fragment, typeName } = positions[0]!;
    const next = stage.after(fragment, typeName);
    if (next.entryKey === undefined) throw new Error('Only entities are put into an answer.');
    const parts = isPlannable(next, run, runner) ? [next] : next.fieldByField();
    await Promise.all(parts.map((part) => fillFrom(part, run, positions, runner)));
  });
  await Promise.all(filling);
}

async function fillFrom(
  stage: Stage,
  run: Run,
  positions: readonly Position[],
  runner: PartRunner,
): Promise<void> {
  const own: Run = {
    ...run,
    data: null,
    errors: [],
    unmet: new Map(),
    entries: entriesOf(stage, positions, runner.entry),
  };
  await runPlan(stage, own, runner);
  // What stands in an entity is complete before the entity is merged with what is known of it.
  await fill(stage, own, positionsIn(stage, own, ownPaths(stage, own)), runner);
  const entities = entitiesOf(stage, own);
  positions.forEach(({ raw, path }, i) => {
    // Fields that are fetched apart, because they need one field with several arguments, must not meet in it.
    const found = onlyShown(entities[i], stage.keys);
    if (isObject(found)) merge(raw, found, runner.schema.vague);
    run.errors.push(...errorsOf(own.errors, i, path));
  });
}

/** Stages the planner failed at as a whole. */
const unplannable = new WeakSet<Stage>();

function isPlannable(stage: Stage, { variables }: Run, { chance }: PartRunner): boolean {
  if (unplannable.has(stage)) return false;
  try {
    stage.operation.plan(chance, variables);
    return true;
  } catch (error) {
    if (!isUnplannable(error)) throw error;
    unplannable.add(stage);
    return false;
  }
}

/** Where a stage's deferred fragments apply in what it found, whose objects stand at `paths` of the answer. */
function positionsIn(stage: Stage, run: Run, paths: readonly Place[]): readonly Position[] {
  const project = stage.projectors(run.variables);
  const found: Position[] = [];
  const entities = entitiesOf(stage, run);
  paths.forEach((path, i) => {
    const entity = entities[i];
    // What is wrong with it is told where it is shown.
    if (isObject(entity)) takeMarks(stage.marks, project(entity, []), entity, path, found);
  });
  return found;
}

/** What a stage found: the entities it began with, or the root. */
function entitiesOf({ entryKey }: Stage, { data }: Run): readonly unknown[] {
  if (entryKey === undefined) return [data];
  const found = data?.[entryKey];
  return Array.isArray(found) ? found : [];
}

/** Where a stage's objects stand in what it found itself: so its plan tells its errors, too. */
function ownPaths(stage: Stage, run: Run): readonly Place[] {
  const { entryKey } = stage;
  return entitiesOf(stage, run).map((_, i) => (entryKey === undefined ? [] : [entryKey, i]));
}

/** Runs a stage's plan; taken apart, where it cannot be planned whole. */
async function runWhole(stage: Stage, run: Run, runner: PartRunner): Promise<void> {
  if (isPlannable(stage, run, runner)) return runPlan(stage, run, runner);
  const apart = stage.apart();
  const fields = stage.entryKey === undefined ? [] : stage.fieldByField();
  if (fields.length < 2 || apart.some((one) => isPlannable(one, run, runner)))
    return runStagesAsOne(apart, run, runner);
  const found: Entity[] = (run.entries ?? []).map((entity) => ({ ...entity }));
  await Promise.all(
    fields.map(async (field) => {
      const own: Run = { ...run, data: null, unmet: new Map() };
      await runWhole(field, own, runner);
      entitiesOf(field, own).forEach((entity, i) => {
        if (isObject(entity)) merge(found[i]!, entity, runner.schema.vague);
      });
    }),
  );
  run.data = { [stage.entryKey!]: found };
}

async function* deliver(
  first: readonly Group[],
  begin: (stage: Stage, positions: readonly Position[]) => readonly Group[],
  run: Run,
  runner: PartRunner,
): AsyncGenerator<Delivery, void> {
  const running = new Map<Group, Promise<readonly [Group, Done]>>();
  const start = (group: Group) =>
    running.set(
      group,
      runGroup(group, begin, run, runner).then((done) => [group, done] as const),
    );
  first.forEach(start);
  while (running.size > 0) {
    const [group, { parts, groups }] = await Promise.race(running.values());
    running.delete(group);
    groups.forEach(start);
    yield { parts, begun: partsOf(groups), hasNext: running.size > 0 };
  }
}

/** One fragment at all places where it applies to one type: one plan, so that subgraphs are asked in batches. */
async function runGroup(
  { stage, fragment, typeName, found }: Group,
  begin: (stage: Stage, positions: readonly Position[]) => readonly Group[],
  run: Run,
  runner: PartRunner,
): Promise<Done> {
  try {
    const next = stage.after(fragment, typeName);
    const positions = found.map(({ position }) => position);
    if (next.entryKey === undefined) return await runAtRoot(next, found, begin, run, runner);
    const own: Run = {
      ...run,
      data: null,
      errors: [],
      unmet: new Map(),
      entries: entriesOf(next, positions, runner.entry),
    };
    await runWhole(next, own, runner);
    const raw = own.data?.[next.entryKey];
    const project = next.projectors(own.variables);
    const nested: Position[] = [];
    const parts = found.map(({ part }, i): DeliveredPart => {
      const entity = (Array.isArray(raw) ? raw[i] : undefined) ?? { __typename: typeName };
      const faults: GraphQLError[] = [];
      const data = project(entity as Entity, faults);
      takeMarks(next.marks, data, entity, part.path, nested);
      const placed = faults.map((error) => moved(error, part.path, error.path ?? []));
      return delivered(part, data, [...errorsOf(own.errors, i, part.path), ...placed]);
    });
    return { parts, groups: begin(next, nested) };
  } catch (failure) {
    return {
      parts: found.map(({ part }) => ({ ...part, data: null, errors: [failureOf(failure, part.path)] })),
      groups: [],
    };
  }
}

async function runAtRoot(
  stage: Stage,
  found: readonly Found[],
  begin: (stage: Stage, positions: readonly Position[]) => readonly Group[],
  run: Run,
  runner: PartRunner,
): Promise<Done> {
  const own: Run = { ...run, data: null, errors: [], unmet: new Map() };
  await runWhole(stage, own, runner);
  const nested: Position[] = [];
  const parts = found.map(({ part }): DeliveredPart => {
    const errors = [...own.errors];
    const data = stage.projectors(own.variables)(own.data ?? {}, errors);
    takeMarks(stage.marks, data, own.data, part.path, nested);
    return delivered(
      part,
      data,
      errors.map((error) => moved(error, part.path, error.path ?? [])),
    );
  });
  return { parts, groups: begin(stage, nested) };
}

function delivered(part: DeferredPart, data: Entity | null, errors: readonly GraphQLError[]): DeliveredPart {
  if (data !== null || errors.length > 0) return { ...part, data, errors };
  return { ...part, data, errors: [moved(nullAtTop(), part.path, [])] };
}

async function runPlan(stage: Stage, run: Run, { chance, schema }: PartRunner): Promise<void> {
  const { operation, type, selectionSet } = stage;
  const plan = operation.plan(chance, run.variables);
  if (plan?.kind === 'once') await plan.run(run);
  const paths = ownPaths(stage, run);
  const at = entitiesOf(stage, run).map((entity, i) => [entity, paths[i]!] as const);
  const { fragments } = operation;
  tellUnmet(run, { set: selectionSet, type, at }, { schema: schema.api, fragments });
  const { introspection } = operation.split;
  if (!introspection) return;
  const result = await introspect(schema.api, introspection, operation.fragments, run.variables);
  run.errors.push(...(result.errors ?? []));
  run.data = Object.assign(run.data ?? {}, result.data);
}

function partsOf(groups: readonly Group[]): readonly DeferredPart[] {
  return groups.flatMap(({ found }) => found.map(({ part }) => part));
}

/** An error names its entity by the index in the root field a part begins with; one without a path concerns all. */
function errorsOf(errors: readonly GraphQLError[], index: number, place: Place): readonly GraphQLError[] {
  return errors.flatMap((error) => {
    const [, i, ...inner] = error.path ?? [];
    return i === undefined || i === index ? [moved(error, place, inner)] : [];
  });
}

function moved(error: GraphQLError, place: Place, inner: Place): GraphQLError {
  return new GraphQLError(error.message, {
    path: [...place, ...inner],
    originalError: error.originalError ?? null,
    extensions: error.extensions,
  });
}

function failureOf(failure: unknown, place: Place): GraphQLError {
  return failure instanceof GraphQLError
    ? moved(failure, place, [])
    : new GraphQLError('A deferred part failed.', {
        path: [...place],
        originalError: failure instanceof Error ? failure : new Error(String(failure)),
      });
}
