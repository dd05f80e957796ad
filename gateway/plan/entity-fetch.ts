import type {
  BatchFetchNode,
  EntityBatchAlias,
  FetchNode,
  FlattenNodePathSegment,
} from '@graphql-hive/router-query-planner';
import type { PlanStep } from './fetch.ts';
import { compileOperation, pickVariables } from './fetch.ts';
import { fetchedKeys } from './fetched-keys.ts';
import { type Entity, isObject, merge, type VagueTypes } from './merge.ts';
import { compilePath, type EntityPath, type Place } from './paths.ts';
import { compileRepresentation, type Plain, type Represent } from './representations.ts';
import { compileRewrites, type Rewrite } from './rewrite.ts';
import type { Run, SubgraphAnswer, SubgraphError, Transport } from './run.ts';
import type { PlanSchema } from './schema.ts';
import { placeError, placeFailure } from './subgraph-error.ts';

/** One `_entities` selection of a request. */
type EntityField = {
  readonly alias: string;
  readonly variable: string;
  readonly paths: readonly EntityPath[];
  readonly represent: Represent;
  readonly input: Rewrite | null;
  readonly output: Rewrite | null;
  /** The fields it brings to entities of a type. */
  keysFor(typename: string): ReadonlySet<string>;
};

/** Representations for one variable, each once. */
type Representations = {
  /** Their JSON, for the body of a request. */
  readonly texts: string[];
  /** The first entity of each text, and the field it is for. */
  readonly firsts: { readonly field: EntityField; readonly entity: Entity }[];
  readonly indexByText: Map<string, number>;
  /** For those told apart by values: by what they have in common, then by one value after the other. */
  readonly indexByValues: Map<string, ByValue>;
};

/** By a value: the index of a representation, or what goes on with the next value. */
type ByValue = Map<unknown, number | ByValue>;

/** The entities a field enriches, each with the index of its representation. */
type Targets = { readonly field: EntityField; readonly entities: Entity[]; readonly indexes: number[] };

/** Compiles a fetch of entities at one path. */
export function compileFlatten(
  node: FetchNode,
  path: readonly FlattenNodePathSegment[],
  schema: PlanSchema,
  transport: Transport,
): PlanStep {
  const { inputRewrites, outputRewrites } = node;
  const alias: EntityBatchAlias = {
    alias: '_entities',
    representationsVariableName: 'representations',
    paths: [[...path]],
    requires: node.requires ?? [],
    ...(inputRewrites ? { inputRewrites } : {}),
    ...(outputRewrites ? { outputRewrites } : {}),
  };
  return compileEntityFetch(node, [alias], schema, transport);
}

/** Compiles one request that fetches entities for several places, under one alias each. */
export function compileEntityFetch(
  node: FetchNode | BatchFetchNode,
  aliases: readonly EntityBatchAlias[],
  schema: PlanSchema,
  transport: Transport,
): PlanStep {
  const operation = compileOperation(node);
  const usages = node.variableUsages ?? [];
  const variableNames = [...new Set(aliases.map((alias) => alias.representationsVariableName))];
  const fields = aliases.map((alias): EntityField => {
    const output = compileRewrites(alias.outputRewrites, schema);
    return {
      alias: alias.alias,
      variable: alias.representationsVariableName,
      paths: alias.paths.map((path) => compilePath(path, schema)),
      represent: compileRepresentation(alias.requires, schema),
      input: compileRewrites(alias.inputRewrites, schema),
      output,
      keysFor: (typename) => fetchedKeys(operation.document, alias.alias, typename, output, schema),
    };
  });
  return (run) => {
    const byVariable = new Map(variableNames.map((name) => [name, emptyRepresentations()]));
    const targets = fields.map((field) => gather(field, byVariable.get(field.variable)!, run));
    if (targets.every(({ entities }) => entities.length === 0)) return undefined;
    const variables = () => {
      const picked: Record<string, unknown> = { ...pickVariables(usages, run) };
      for (const [name, { firsts }] of byVariable)
        picked[name] = firsts.map(({ field, entity }) => representationOf(field, entity));
      return picked;
    };
    const body = () => {
      const parts = [...byVariable].map(([name, { texts }]) => `"${name}":[${texts.join(',')}]`);
      for (const name of usages)
        if (run.variables[name] !== undefined)
          parts.push(`${JSON.stringify(name)}:${JSON.stringify(run.variables[name])}`);
      return `${operation.bodyStart},"variables":{${parts.join(',')}}}`;
    };
    const call = { operation, variables, body, run, read: run.readers?.get(node) };
    return send(transport, call, targets, schema.vague);
  };
}

async function send(
  transport: Transport,
  call: Parameters<Transport['execute']>[0],
  targets: readonly Targets[],
  vague: VagueTypes,
): Promise<void> {
  const { run, operation } = call;
  let answer: SubgraphAnswer;
  try {
    answer = await transport.execute(call);
  } catch (failure) {
    for (const target of targets) {
      const places = locate(target, run);
      for (const entity of new Set(target.entities))
        for (const place of places(entity)) run.errors.push(placeFailure(failure, operation.subgraph, place));
    }
    return;
  }
  if (answer.errors?.length) placeErrors(answer.errors, operation.subgraph, targets, run);
  if (!answer.data) return;
  for (const { field, entities, indexes } of targets) {
    let found = answer.data[field.alias];
    // The paths of its rewrites begin at the entities.
    if (field.output) found = field.output.apply(found);
    if (!Array.isArray(found)) continue;
    entities.forEach((entity, i) => {
      const enrichment: unknown = found[indexes[i]!];
      if (isObject(enrichment)) merge(entity, enrichment, vague);
    });
  }
}

function emptyRepresentations(): Representations {
  return { texts: [], firsts: [], indexByText: new Map(), indexByValues: new Map() };
}

function gather(field: EntityField, into: Representations, { data, unmet }: Run): Targets {
  const entities: Entity[] = [];
  const indexes: number[] = [];
  const visit = (entity: Entity) => {
    const plain = field.input ? null : field.represent.plain(entity);
    const index = plain ? indexByValues(into, plain, field, entity) : indexByText(into, field, entity);
    if (index === null) {
      if (field.represent.lacks(entity)) {
        const keys = field.keysFor(String(entity.__typename));
        unmet.set(entity, new Set([...keys, ...(unmet.get(entity) ?? [])]));
      }
      return;
    }
    entities.push(entity);
    indexes.push(index);
  };
  for (const path of field.paths) path.walk(data, visit);
  return { field, entities, indexes };
}

function indexByValues(
  into: Representations,
  { names, key }: Plain,
  field: EntityField,
  entity: Entity,
): number | null {
  let at = into.indexByValues.get(key);
  if (!at) {
    at = new Map();
    into.indexByValues.set(key, at);
  }
  const last = names.length - 1;
  for (let i = 0; i < last; i++) {
    const value = entity[names[i]!];
    // A custom scalar can be a list or an object.
    if (value !== null && typeof value === 'object') return indexByText(into, field, entity);
    let next = at.get(value) as ByValue | undefined;
    if (!next) {
      next = new Map();
      at.set(value, next);
    }
    at = next;
  }
  const value = entity[names[last]!];
  if (value !== null && typeof value === 'object') return indexByText(into, field, entity);
  const known = at.get(value) as number | undefined;
  if (known !== undefined) return known;
  const text = field.represent.text(entity);
  if (text === null) return null;
  const index = into.texts.push(text) - 1;
  into.firsts.push({ field, entity });
  at.set(value, index);
  return index;
}

function indexByText(into: Representations, field: EntityField, entity: Entity): number | null {
  const text = textOf(field, entity);
  if (text === null) return null;
  let index = into.indexByText.get(text);
  if (index === undefined) {
    index = into.texts.push(text) - 1;
    into.firsts.push({ field, entity });
    into.indexByText.set(text, index);
  }
  return index;
}

function textOf(field: EntityField, entity: Entity): string | null {
  if (!field.input) return field.represent.text(entity);
  const representation = representationOf(field, entity);
  return representation && JSON.stringify(representation);
}

function representationOf({ represent, input }: EntityField, entity: Entity): Entity | null {
  const representation = represent.value(entity);
  // Rewrites change in place, and nested parts of a representation belong to the answer.
  return representation && input ? (input.apply(structuredClone(representation)) as Entity) : representation;
}

/** One representation may stand for many places: its error belongs to all of them. */
function placeErrors(
  errors: readonly SubgraphError[],
  subgraph: string,
  targets: readonly Targets[],
  run: Run,
): void {
  const located = new Map<Targets, ReturnType<typeof locate>>();
  for (const error of errors) {
    const [alias, index, ...inner] = error.path ?? [];
    const target = targets.find(({ field }) => field.alias === alias);
    if (!target || typeof index !== 'number') {
      run.errors.push(placeError(error, subgraph, undefined));
      continue;
    }
    const places = located.get(target) ?? locate(target, run);
    located.set(target, places);
    const renamed = target.field.output?.renamed;
    const tail = inner.map((key) => (typeof key === 'string' ? (renamed?.get(key) ?? key) : key));
    const hit = new Set(target.entities.filter((_, i) => target.indexes[i] === index));
    for (const entity of hit)
      for (const place of places(entity)) run.errors.push(placeError(error, subgraph, [...place, ...tail]));
  }
}

function locate({ field }: Targets, run: Run): (entity: Entity) => readonly Place[] {
  const maps = field.paths.map((path) => path.locate(run.data));
  return (entity) => maps.flatMap((map) => map.get(entity) ?? []);
}
