import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  type OperationTypeNode,
} from 'graphql';
import type { Caller } from '../caller.ts';
import { coerceVariables } from './coerce.ts';
import type { Readers } from './copied.ts';
import { enrichEach } from './enrich.ts';
import { createEntryPoints } from './entry-points.ts';
import { WORTH } from './find-copied.ts';
import { findOperation } from './find-operation.ts';
import { finish, finishAsText } from './finish.ts';
import { fragmentsOf } from './fragments.ts';
import { createRevealHidden } from './hidden-members.ts';
import { type IncrementalAnswer, runStages, runStagesAsOne } from './incremental.ts';
import { introspect } from './introspection.ts';
import { compileOperationOf, type Operation, type OperationPlan } from './operation.ts';
import { createPlanner, isUnplannable } from './planner.ts';
import type { Run, SubgraphAnswer, Transport } from './run.ts';
import { readSchema } from './schema.ts';
import { compileInParts, createFindStage, type EntryPlanner, type Stage } from './stage.ts';
import { tellUnmet } from './unmet.ts';

/** A request whose document has been parsed, validated and let in. */
export type EngineRequest = {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly caller: Caller;
  readonly signal: AbortSignal;
};

/** One supergraph, ready to answer. A swap makes a new one and lets the old one finish. */
export type Engine = {
  readonly schema: GraphQLSchema;
  /** The whole supergraph's types with their directives. */
  readonly full: GraphQLSchema;
  readonly supergraphSdl: string;
  /** The prepared operation; throws a GraphQLError when the document has none of that name. */
  operation(document: DocumentNode, operationName: string | null | undefined): Operation;
  execute(request: EngineRequest): Promise<ExecutionResult>;
  /** The same as the answer's JSON where nothing went wrong, which takes far less than the way over objects. */
  executeAsText(request: EngineRequest): Promise<ExecutionResult | string>;
  /** The same in pieces, where the operation defers some; for clients that can put them together. */
  executeIncrementally(request: EngineRequest): Promise<ExecutionResult | IncrementalAnswer>;
  /** Events of a subscription; or a result with errors, when it cannot begin. */
  subscribe(request: EngineRequest): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
};

/** Operations taken apart are kept for so many sets of `@skip` and `@include` values each. */
const MAX_VARIANTS = 16;

/**
 * Builds the engine of a supergraph. Throws when the SDL is not a supergraph.
 * @param worth from which share on fields are copied as text; 0 copies whatever can be
 */
export function createEngine(supergraphSdl: string, transport: Transport, worth = WORTH): Engine {
  const schema = readSchema(supergraphSdl);
  const planner = createPlanner(supergraphSdl);
  const parts = { schema, planner, transport, reveal: createRevealHidden(schema.api, schema.full), worth };
  let entry: EntryPlanner | undefined;
  const openEntry = (): EntryPlanner => {
    if (!entry) {
      const points = createEntryPoints(supergraphSdl, schema);
      entry = { points, planner: createPlanner(points.sdl) };
    }
    return entry;
  };
  const findStage = createFindStage(parts, openEntry);
  const compiled = new WeakMap<DocumentNode, Map<string, Operation>>();

  const operation: Engine['operation'] = (document, operationName) => {
    const byName = compiled.get(document) ?? new Map<string, Operation>();
    compiled.set(document, byName);
    const known = byName.get(operationName ?? '');
    if (known) return known;
    const definition = findOperation(schema.api, document, operationName);
    const fresh = compileOperationOf(fragmentsOf(document), definition, parts);
    byName.set(operationName ?? '', fresh);
    return fresh;
  };

  const begin = (request: EngineRequest, kinds: readonly `${OperationTypeNode}`[]): Started => {
    const found = operation(request.document, request.operationName);
    if (!kinds.includes(found.definition.operation))
      return {
        failed: { errors: [new GraphQLError(`A ${found.definition.operation} is not answered this way.`)] },
      };
    const variables = coerceVariables(schema.api, found.definition, request.variables);
    if (variables.errors) return { failed: { errors: variables.errors } };
    const chance = planner.percentages.length === 0 ? 0 : Math.random() * 100;
    return { found, chance, variables: variables.coerced };
  };

  const tellUnmetOf = ({ definition, fragments }: Operation, run: Run) => {
    const type = schema.api.getRootType(definition.operation)!;
    const at = [[run.data, []]] as const;
    tellUnmet(run, { set: definition.selectionSet, type, at }, { schema: schema.api, fragments });
  };

  const execute: Engine['execute'] = async (request) => {
    const started = begin(request, ['query', 'mutation']);
    return 'failed' in started ? started.failed : asResult(await answerWhole(started, request));
  };

  const answerWhole = async (begun: Begun, request: EngineRequest): Promise<ExecutionResult | string> => {
    const { found, variables } = begun;
    const plan = planned(begun);
    if (isInParts(plan)) return answerInParts(plan, begun, request);
    const copying = plan?.copying();
    const run = newRun(request, variables, copying?.readers);
    if (plan?.kind === 'once') await plan.run(run);
    tellUnmetOf(found, run);
    const { introspection } = found.split;
    if (introspection) {
      const result = await introspect(schema.api, introspection, found.fragments, variables);
      if (!plan) return result;
      run.errors.push(...(result.errors ?? []));
      run.data = Object.assign(run.data ?? {}, result.data);
    }
    return copying ? finishAsText(copying.write, run) : finish(found.projector(variables), run);
  };

  // Operations the planner failed at as a whole, with what they were taken apart to under each set of conditions.
  const inParts = new WeakMap<Operation, Map<string, readonly Stage[]>>();

  const planned = ({ found, chance, variables }: Begun): OperationPlan | null | readonly Stage[] => {
    const variant = found.variant(variables);
    const known = inParts.get(found)?.get(variant);
    if (known) return known;
    try {
      return found.plan(chance, variables);
    } catch (error) {
      const stages = isUnplannable(error) ? compileInParts(found, variables, parts, openEntry()) : [];
      if (stages.length === 0) throw error;
      const variants = inParts.get(found) ?? new Map<string, readonly Stage[]>();
      if (variants.size >= MAX_VARIANTS) variants.clear();
      inParts.set(found, variants.set(variant, stages));
      return stages;
    }
  };

  const answerInParts = async (
    stages: readonly Stage[],
    { found, chance, variables }: Begun,
    request: EngineRequest,
  ) => {
    const run = newRun(request, variables);
    await runStagesAsOne(stages, run, { schema, chance, entry: openEntry() });
    return finish(found.projector(variables), run);
  };

  return {
    schema: schema.api,
    full: schema.full,
    supergraphSdl,
    operation,
    execute,
    executeAsText: async (request) => {
      const started = begin(request, ['query', 'mutation']);
      if ('failed' in started) return started.failed;
      const answer = await answerWhole(started, request);
      return typeof answer === 'string' ? `{"data":${answer}}` : answer;
    },
    executeIncrementally: async (request) => {
      const started = begin(request, ['query', 'mutation']);
      if ('failed' in started) return started.failed;
      const { found, chance, variables } = started;
      const stage = findStage(found, variables);
      if (!stage) return asResult(await answerWhole(started, request));
      return runStages(stage, newRun(request, variables), { schema, chance, entry: openEntry() });
    },
    subscribe: async (request) => {
      const started = begin(request, ['subscription']);
      if ('failed' in started) return started.failed;
      const { found, chance, variables } = started;
      const plan = found.plan(chance, variables);
      if (plan?.kind !== 'stream')
        return { errors: [new GraphQLError('This subscription has no source of events.')] };
      const first = newRun(request, variables);
      let source: AsyncIterable<SubgraphAnswer> | SubgraphAnswer;
      try {
        source = await transport.subscribe(plan.primary.call(first));
      } catch (failure) {
        plan.primary.fail(first, failure);
        return { errors: first.errors };
      }
      if (!(Symbol.asyncIterator in source)) {
        plan.primary.take(first, source);
        return { errors: first.errors };
      }
      return enrichEach(source, async (answer) => {
        // Fresh state per event: what one event loaded or failed at must not show in the next.
        const run = newRun(request, variables);
        plan.primary.take(run, answer);
        if (run.data) await plan.rest(run);
        tellUnmetOf(found, run);
        return finish(found.projector(run.variables), run);
      });
    },
  };
}

function isInParts(plan: OperationPlan | null | readonly Stage[]): plan is readonly Stage[] {
  return Array.isArray(plan);
}

function asResult(answer: ExecutionResult | string): ExecutionResult {
  return typeof answer === 'string' ? { data: JSON.parse(answer) } : answer;
}

type Begun = {
  readonly found: Operation;
  readonly chance: number;
  readonly variables: Readonly<Record<string, unknown>>;
};

type Started = { readonly failed: ExecutionResult } | Begun;

function newRun(
  { caller, signal }: EngineRequest,
  variables: Readonly<Record<string, unknown>>,
  readers?: Readers,
): Run {
  return { data: null, errors: [], variables, caller, signal, kept: new Map(), unmet: new Map(), readers };
}
