import {
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { collectFields, type SelectionScope, selectionSetsOf } from '../plan/collect-fields.ts';
import { type ArgumentsOf, compileArguments } from './arguments.ts';

/** What is asked of the objects of one type, in the order of the answer. */
export type ObjectProgram = readonly FieldProgram[];

/** One field that is asked of one type. */
export type FieldProgram = {
  readonly key: string;
  readonly name: string;
  readonly parent: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
  readonly shape: Shape;
  readonly argumentsOf: ArgumentsOf;
  /** The fields asked of an object that is its value. Compiled when one of its type is first met. */
  readonly below: (type: GraphQLObjectType) => ObjectProgram;
};

/** A field's type, taken apart once. */
export type Shape = { readonly required: boolean } & (
  | { readonly kind: 'leaf'; readonly type: GraphQLLeafType }
  | { readonly kind: 'list'; readonly item: Shape }
  | { readonly kind: 'object'; readonly type: GraphQLObjectType }
  | { readonly kind: 'abstract'; readonly type: GraphQLAbstractType }
);

/** Compiles what selections ask of a type. */
export function compileObject(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  scope: SelectionScope,
): ObjectProgram {
  return [...collectFields(sets, type, scope)].flatMap(([key, nodes]) => {
    const definition = definitionOf(nodes[0].name.value, type, scope.schema);
    return definition ? [compileField(key, nodes, definition, type, scope)] : [];
  });
}

function compileField(
  key: string,
  nodes: FieldProgram['nodes'],
  definition: FieldProgram['definition'],
  parent: GraphQLObjectType,
  scope: SelectionScope,
): FieldProgram {
  return {
    key,
    name: definition.name,
    parent,
    definition,
    nodes,
    shape: shapeOf(definition.type),
    argumentsOf: compileArguments(definition, nodes[0]),
    below: compileBelow(nodes, scope),
  };
}

function shapeOf(declared: GraphQLOutputType): Shape {
  const required = isNonNullType(declared);
  const type = getNullableType(declared);
  if (isListType(type)) return { kind: 'list', item: shapeOf(type.ofType), required };
  if (isObjectType(type)) return { kind: 'object', type, required };
  if (isAbstractType(type)) return { kind: 'abstract', type, required };
  return { kind: 'leaf', type, required };
}

function compileBelow(nodes: FieldProgram['nodes'], scope: SelectionScope): FieldProgram['below'] {
  const sets = selectionSetsOf(nodes);
  const programs = new Map<GraphQLObjectType, ObjectProgram>();
  return (type) => {
    let program = programs.get(type);
    if (!program) {
      program = compileObject(sets, type, scope);
      programs.set(type, program);
    }
    return program;
  };
}

function definitionOf(
  name: string,
  type: GraphQLObjectType,
  schema: GraphQLSchema,
): FieldProgram['definition'] | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type.getFields()[name];
}
