import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { namedTypeOf } from './named-type.ts';

/**
 * Spells out fragments on interfaces and unions in what the fields of a subgraph require, as fragments on each object
 * that they cover: version 0.27.0 of the composition finds a requirement with such a fragment impossible.
 */
export function spellOutKinds(typeDefs: DocumentNode): DocumentNode {
  const types = readTypes(typeDefs);
  if (types.kinds.size === 0) return typeDefs;
  const definitions = typeDefs.definitions.map((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION)
      return definition;
    const fields = definition.fields?.map((field) => ({
      ...field,
      directives: field.directives?.map((one) => spellOut(one, definition.name.value, types)) ?? [],
    }));
    return { ...definition, fields: fields ?? [] };
  });
  return { ...typeDefs, definitions };
}

type Types = {
  /** The objects of each interface and union. */
  readonly kinds: ReadonlyMap<string, ReadonlySet<string>>;
  /** The named type of each field, by `Type.field`. */
  readonly fields: ReadonlyMap<string, string>;
};

function readTypes({ definitions }: DocumentNode): Types {
  const kinds = new Map<string, Set<string>>();
  const fields = new Map<string, string>();
  const put = (abstract: string, object: string) => {
    kinds.set(abstract, (kinds.get(abstract) ?? new Set()).add(object));
  };
  for (const definition of definitions)
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.OBJECT_TYPE_EXTENSION:
        for (const parent of definition.interfaces ?? []) put(parent.name.value, definition.name.value);
        readFields(definition.name.value, definition.fields, fields);
        break;
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_EXTENSION:
        readFields(definition.name.value, definition.fields, fields);
        break;
      case Kind.UNION_TYPE_DEFINITION:
      case Kind.UNION_TYPE_EXTENSION:
        for (const member of definition.types ?? []) put(definition.name.value, member.name.value);
    }
  return { kinds, fields };
}

function readFields(
  typeName: string,
  defined: readonly FieldDefinitionNode[] | undefined,
  into: Map<string, string>,
): void {
  for (const { name, type } of defined ?? []) into.set(`${typeName}.${name.value}`, namedTypeOf(type));
}

function spellOut(directive: ConstDirectiveNode, typeName: string, types: Types): ConstDirectiveNode {
  const name = directive.name.value;
  if (name !== 'requires' && name !== 'federation__requires') return directive;
  const given = directive.arguments?.map((one) => {
    if (one.name.value !== 'fields' || one.value.kind !== Kind.STRING) return one;
    const set = parseFieldSet(one.value.value);
    if (!set || !hasAbstractCondition(set, types)) return one;
    const value = print({ ...set, selections: spelled(set, typeName, types) }).slice(1, -1);
    return { ...one, value: { ...one.value, value: value.replace(/\s+/g, ' ').trim(), block: false } };
  });
  return { ...directive, arguments: given ?? [] };
}

/** Undefined where it does not parse: composition says so better. */
function parseFieldSet(text: string): SelectionSetNode | undefined {
  try {
    const [definition] = parse(`{${text}}`, { noLocation: true }).definitions;
    return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : undefined;
  } catch {
    return undefined;
  }
}

function hasAbstractCondition({ selections }: SelectionSetNode, types: Types): boolean {
  return selections.some((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return false;
    if (selection.kind === Kind.INLINE_FRAGMENT && types.kinds.has(selection.typeCondition?.name.value ?? ''))
      return true;
    return selection.selectionSet !== undefined && hasAbstractCondition(selection.selectionSet, types);
  });
}

/** The selections as they stand on a type, with no fragment on another abstract one. */
function spelled({ selections }: SelectionSetNode, typeName: string, types: Types): readonly SelectionNode[] {
  return selections.flatMap((selection): readonly SelectionNode[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
    if (selection.kind === Kind.FIELD) {
      const { selectionSet } = selection;
      const returned = types.fields.get(`${typeName}.${selection.name.value}`);
      if (!selectionSet || returned === undefined) return [selection];
      return [
        {
          ...selection,
          selectionSet: { ...selectionSet, selections: spelled(selectionSet, returned, types) },
        },
      ];
    }
    const condition = selection.typeCondition?.name.value ?? typeName;
    if (condition === typeName) return spelled(selection.selectionSet, typeName, types);
    const on = objectsOf(condition, types);
    if (!types.kinds.has(typeName))
      return on.includes(typeName) ? spelled(selection.selectionSet, typeName, types) : [];
    return objectsOf(typeName, types)
      .filter((object) => on.includes(object))
      .map((object) => ({
        kind: Kind.INLINE_FRAGMENT,
        typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: object } },
        selectionSet: {
          ...selection.selectionSet,
          selections: spelled(selection.selectionSet, object, types),
        },
      }));
  });
}

function objectsOf(typeName: string, { kinds }: Types): readonly string[] {
  return [...(kinds.get(typeName) ?? [typeName])];
}
