import {
  type ConstDirectiveNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Caller } from '../caller.ts';
import { linkedNames } from '../compose/linked-directives.ts';
import type { Operation } from '../plan/operation.ts';

/** Says what stands against a caller running an operation. */
export type Rights = {
  refusals(operation: Operation, caller: Caller): readonly GraphQLError[];
  /** Every scope and policy the schema names. */
  readonly scopes: readonly string[];
};

/** Any one of the alternatives satisfies it; an alternative is a list of scopes that all have to be held. */
type Requirement = { readonly alternatives: readonly (readonly string[])[] };

type Needed = { readonly path: string; readonly requirement: Requirement };

/** An element marked `@authenticated` asks for a caller, and for no scope. */
const AUTHENTICATED: Requirement = { alternatives: [] };

/** Refusals told at once. */
const MAX_REFUSALS = 5;

/**
 * Reads `@authenticated`, `@requiresScopes` and `@policy` from a supergraph. A policy is held like a scope of its
 * name. What an operation needs is found once, from every field it can reach, whatever `@skip` and `@include` say:
 * - a field needs what it, the type it is on and the type it returns need, and what an interface that declares it
 *   needs for it;
 * - on an interface or union it also needs what that field or type needs in any member, or a query could read
 *   through the interface what it may not read on the type.
 */
export function readRights(supergraph: GraphQLSchema): Rights {
  const neededBy = new WeakMap<Operation, readonly Needed[]>();
  const rules = createRules(supergraph);
  return {
    refusals: (operation, caller) => {
      let needed = neededBy.get(operation);
      if (!needed) {
        needed = collectNeeds(operation, supergraph, rules);
        neededBy.set(operation, needed);
      }
      return needed
        .filter(({ requirement }) => !satisfies(caller, requirement))
        .slice(0, MAX_REFUSALS)
        .map(({ path, requirement }) => refusal(path, requirement, caller));
    },
    scopes: rules.scopes,
  };
}

/** What the directives are called in this supergraph; `listing` those that list alternatives. */
type Names = { readonly authenticated: ReadonlySet<string>; readonly listing: ReadonlySet<string> };

type Rules = {
  ofField(typeName: string, fieldName: string): readonly Requirement[];
  /** What the type needs, or any member of it. */
  ofType(typeName: string): readonly Requirement[];
  ofTypeAlone(typeName: string): readonly Requirement[];
  readonly scopes: readonly string[];
};

function createRules(schema: GraphQLSchema): Rules {
  const ofFields = new Map<string, readonly Requirement[]>();
  const ofTypes = new Map<string, readonly Requirement[]>();
  const scopes = new Set<string>();
  const names: Names = {
    authenticated: linkedNames(schema, { feature: 'authenticated', name: 'authenticated' }),
    listing: new Set([
      ...linkedNames(schema, { feature: 'requiresScopes', name: 'requiresScopes' }),
      ...linkedNames(schema, { feature: 'policy', name: 'policy' }),
    ]),
  };
  const read = (directives: readonly ConstDirectiveNode[] | undefined): readonly Requirement[] => {
    const requirements = (directives ?? []).flatMap((directive) => requirementOf(directive, names));
    for (const { alternatives } of requirements)
      for (const alternative of alternatives) for (const scope of alternative) scopes.add(scope);
    return requirements;
  };
  for (const type of Object.values(schema.getTypeMap())) {
    ofTypes.set(type.name, read(type.astNode?.directives));
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields()))
      ofFields.set(`${type.name}.${field.name}`, read(field.astNode?.directives));
  }
  const withMembers = (typeName: string): readonly string[] => {
    const type = schema.getType(typeName);
    if (!isAbstractType(type)) return [typeName];
    return [typeName, ...schema.getPossibleTypes(type).map(({ name }) => name)];
  };
  // Composition lets nobody say so of interfaces any more; older supergraphs may.
  const byInterfaces = (typeName: string, fieldName: string): readonly Requirement[] => {
    const type = schema.getType(typeName);
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    return type.getInterfaces().flatMap(({ name }) => {
      const field = ofFields.get(`${name}.${fieldName}`);
      return field ? [...field, ...(ofTypes.get(name) ?? [])] : [];
    });
  };
  return {
    ofField: (typeName, fieldName) =>
      withMembers(typeName).flatMap((name) => [
        ...(ofFields.get(`${name}.${fieldName}`) ?? []),
        ...byInterfaces(name, fieldName),
      ]),
    ofType: (typeName) => withMembers(typeName).flatMap((name) => ofTypes.get(name) ?? []),
    ofTypeAlone: (typeName) => ofTypes.get(typeName) ?? [],
    scopes: [...scopes],
  };
}

function requirementOf(directive: ConstDirectiveNode, names: Names): readonly Requirement[] {
  const name = directive.name.value;
  if (names.authenticated.has(name)) return [AUTHENTICATED];
  if (!names.listing.has(name)) return [];
  const value = directive.arguments?.[0]?.value;
  const alternatives = value ? (valueFromASTUntyped(value) as string[][]) : [];
  return [{ alternatives }];
}

function collectNeeds(operation: Operation, schema: GraphQLSchema, rules: Rules): readonly Needed[] {
  const needed = new Map<string, Needed>();
  const add = (path: string, requirements: readonly Requirement[]) => {
    for (const requirement of requirements)
      needed.set(`${path} ${JSON.stringify(requirement.alternatives)}`, { path, requirement });
  };
  // A fragment needs the same wherever it is spread, and its own type condition names where its fields are.
  const walked = new Set<FragmentDefinitionNode>();
  const walk = (set: SelectionSetNode, typeName: string, path: string) => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        if (name.startsWith('__')) continue;
        const fieldPath = path === '' ? name : `${path}.${name}`;
        add(fieldPath, rules.ofType(typeName));
        add(fieldPath, rules.ofField(typeName, name));
        const returned = returnTypeOf(schema, typeName, name);
        if (returned === undefined) continue;
        // Of an abstract type's members only those count whose fields are selected; that is seen further in.
        add(fieldPath, rules.ofTypeAlone(returned));
        if (selection.selectionSet) walk(selection.selectionSet, returned, fieldPath);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value ?? typeName;
        if (path !== '') add(path, rules.ofTypeAlone(condition));
        walk(selection.selectionSet, condition, path);
      } else {
        const fragment = operation.fragments.get(selection.name.value);
        if (!fragment || walked.has(fragment)) continue;
        walked.add(fragment);
        if (path !== '') add(path, rules.ofTypeAlone(fragment.typeCondition.name.value));
        walk(fragment.selectionSet, fragment.typeCondition.name.value, path);
      }
    }
  };
  const root = schema.getRootType(operation.definition.operation);
  if (root) walk(operation.definition.selectionSet, root.name, '');
  return [...needed.values()];
}

function returnTypeOf(schema: GraphQLSchema, typeName: string, fieldName: string): string | undefined {
  const type = schema.getType(typeName);
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  const field = type.getFields()[fieldName];
  return field && getNamedType(field.type).name;
}

function satisfies(caller: Caller, { alternatives }: Requirement): boolean {
  if (caller.scopes.includes('*')) return true;
  if (alternatives.length === 0) return caller.subject !== null;
  return alternatives.some((alternative) => alternative.every((scope) => caller.scopes.includes(scope)));
}

function refusal(path: string, { alternatives }: Requirement, caller: Caller): GraphQLError {
  const code = caller.subject === null ? 'UNAUTHENTICATED' : 'FORBIDDEN';
  const wanted = alternatives.map((alternative) => alternative.join(' and ')).join(', or ');
  const message = wanted === '' ? `${path} needs credentials.` : `${path} needs the scope ${wanted}.`;
  return new GraphQLError(message, { extensions: { code, field: path } });
}
