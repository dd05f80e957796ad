import { getStitchedSchemaFromSupergraphSdl } from '@graphql-tools/federation';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  isEnumType,
  Kind,
  OperationTypeNode,
  print,
  subscribe,
  visit,
} from 'graphql';
import { coerceVariables } from './coerce.ts';
import { conditionKey, conditionVariables, withoutConditions } from './conditions.ts';
import type { Engine, EngineRequest } from './engine.ts';
import { compileOperation } from './fetch.ts';
import { findOperation } from './find-operation.ts';
import { fragmentsOf } from './fragments.ts';
import { splitIntrospection } from './introspection.ts';
import type { Operation } from './operation.ts';
import type { Run, SubgraphAnswer, SubgraphOperation, Transport } from './run.ts';
import { readSchema } from './schema.ts';
import { placeError, placeFailure } from './subgraph-error.ts';

/** What one request's fetches share. */
type StitchContext = { readonly run: Run };

/** What the stitched schema asks of a subgraph. */
type Asked = {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationType?: string;
  readonly context?: StitchContext;
};

/** Documents kept per operation, one for each set of `@skip` and `@include` values. */
const MAX_VARIANTS = 64;

/**
 * The engine for machines without a native planner: the same graph, stitched by graphql-tools. It is several times
 * slower, answers `@defer` whole, shows no plans, tells an error of several places once and leaves a list's index out
 * of its path. Of the corners in test/gateway/audit it gets some wrong: requirements that go to and fro, those with
 * arguments or of a union's members, and fields deep below a parent that alone has a key. Where a field leads back to the
 * root, those of other subgraphs are null there.
 */
export function createStitchedEngine(supergraphSdl: string, transport: Transport): Engine {
  const schema = readSchema(supergraphSdl);
  const names = subgraphNames(schema.full);
  const stitched = getStitchedSchemaFromSupergraphSdl({
    supergraphSdl,
    batch: true,
    onSubschemaConfig: (config) => {
      config.executor = executorFor(
        names.get(config.name) ?? config.name,
        transport,
      ) as unknown as typeof config.executor;
    },
  });
  const operations = new WeakMap<DocumentNode, Map<string, Operation>>();
  const operation: Engine['operation'] = (document, operationName) => {
    const byName = operations.get(document) ?? new Map<string, Operation>();
    operations.set(document, byName);
    const known = byName.get(operationName ?? '');
    if (known) return known;
    const fresh = unplanned(findOperation(schema.api, document, operationName), fragmentsOf(document));
    byName.set(operationName ?? '', fresh);
    return fresh;
  };
  const argsFor = (request: EngineRequest) => ({
    schema: stitched,
    document: asked(request),
    variableValues: request.variables ?? {},
    contextValue: { run: newRun(request) } satisfies StitchContext,
  });
  // Stitching loses keys that a client asks for under a condition of its own.
  const unconditional = new WeakMap<Operation, Map<string, DocumentNode>>();
  const asked = ({ document, operationName, variables }: EngineRequest): DocumentNode => {
    const found = operation(document, operationName);
    const { definition, fragments } = found;
    const values = coerceVariables(schema.api, definition, variables).coerced ?? {};
    const key = conditionKey(conditionVariables(definition, fragments), values);
    const byKey = unconditional.get(found) ?? new Map<string, DocumentNode>();
    unconditional.set(found, byKey);
    let resolved = byKey.get(key);
    if (!resolved) {
      if (byKey.size >= MAX_VARIANTS) byKey.clear();
      const definitions = [definition, ...fragments.values()].map((node) =>
        visit(withoutConditions(node, values), {
          Directive: ({ name }) => (name.value === 'defer' ? null : undefined),
        }),
      );
      resolved = { kind: Kind.DOCUMENT, definitions };
      byKey.set(key, resolved);
    }
    return resolved;
  };
  const answer = async (request: EngineRequest): Promise<ExecutionResult> => {
    const { definition } = operation(request.document, request.operationName);
    if (definition.operation === OperationTypeNode.SUBSCRIPTION)
      return { errors: [new GraphQLError('A subscription is not answered this way.')] };
    const { errors } = coerceVariables(schema.api, definition, request.variables);
    return errors ? { errors } : execute(argsFor(request));
  };
  return {
    schema: schema.api,
    full: schema.full,
    supergraphSdl,
    operation,
    execute: answer,
    executeAsText: answer,
    executeIncrementally: answer,
    subscribe: async (request) => {
      const { definition } = operation(request.document, request.operationName);
      const { errors } = coerceVariables(schema.api, definition, request.variables);
      if (errors) return { errors };
      return (await subscribe(argsFor(request))) as AsyncIterableIterator<ExecutionResult> | ExecutionResult;
    },
  };
}

/** Subgraphs are known to a supergraph's directives by a value of an enum that names them. */
function subgraphNames(full: GraphQLSchema): ReadonlyMap<string, string> {
  const graphs = full.getType('join__Graph');
  if (!isEnumType(graphs)) return new Map();
  return new Map(
    graphs.getValues().flatMap(({ name, astNode }) => {
      const graph = astNode?.directives?.find((directive) => directive.name.value === 'join__graph');
      const given = graph?.arguments?.find((argument) => argument.name.value === 'name')?.value;
      return given?.kind === Kind.STRING ? [[name, given.value] as const] : [];
    }),
  );
}

/** What rights and limits read of an operation; there is no plan of it. */
function unplanned(definition: Operation['definition'], fragments: Operation['fragments']): Operation {
  return {
    definition,
    fragments,
    split: splitIntrospection(definition, fragments),
    defers: false,
    plan: () => null,
    variant: () => '',
    explain: () => null,
    projector: () => () => null,
  };
}

function newRun({ caller, signal }: EngineRequest): Run {
  return { data: null, errors: [], variables: {}, caller, signal, kept: new Map(), unmet: new Map() };
}

function executorFor(subgraph: string, transport: Transport) {
  const compiled = new WeakMap<DocumentNode, SubgraphOperation>();
  const compile = (document: DocumentNode, kind: OperationTypeNode): SubgraphOperation => {
    let known = compiled.get(document);
    if (!known) {
      known = compileOperation({ serviceName: subgraph, operation: print(document), operationKind: kind });
      compiled.set(document, known);
    }
    return known;
  };
  return async ({ document, variables = {}, operationType = 'query', context }: Asked) => {
    if (!context) throw new Error(`Subgraph ${subgraph} was asked outside any request.`);
    const operation = compile(document, operationType as OperationTypeNode);
    const body = () => `${operation.bodyStart},"variables":${JSON.stringify(variables)}}`;
    // What local subgraphs keep must not outlive an event of a subscription, and events share this context.
    const call = (kept: Run['kept']) => ({
      operation,
      variables: () => variables,
      body,
      run: { ...context.run, kept },
    });
    try {
      if (operation.kind !== 'subscription')
        return placed(await transport.execute(call(context.run.kept)), subgraph);
      const source = await transport.subscribe(call(new Map()));
      if (!(Symbol.asyncIterator in source)) return placed(source, subgraph);
      context.run.kept.clear();
      return placedEach(source, subgraph, context.run);
    } catch (failure) {
      return { errors: [placeFailure(failure, subgraph, undefined)] };
    }
  };
}

async function* placedEach(source: AsyncIterable<SubgraphAnswer>, subgraph: string, run: Run) {
  for await (const answer of source) {
    run.kept.clear();
    yield placed(answer, subgraph);
  }
}

function placed({ data, errors }: SubgraphAnswer, subgraph: string) {
  if (!errors?.length) return { data };
  return { data, errors: errors.map((error) => placeError(error, subgraph, error.path)) };
}
