import {
  type ASTVisitor,
  type DirectiveNode,
  type DocumentNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  type ValidationContext,
  visit,
} from 'graphql';

/** What clients may write for a fragment that is to be answered later. */
export const DEFER_DEFINITION: DocumentNode = parse(
  `"Answers the fragment later than what it stands in, where client and transport take answers in pieces."
   directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT`,
  { noLocation: true },
);

/** Where `@defer` may stand, and that its labels tell parts apart. */
export function DeferRule(context: ValidationContext): ASTVisitor {
  const labels = new Map<string, DirectiveNode>();
  const report = (message: string, nodes: DirectiveNode | readonly DirectiveNode[]) =>
    context.reportError(new GraphQLError(message, { nodes }));
  return {
    OperationDefinition: (operation) => {
      if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return;
      const fragments = context.getRecursivelyReferencedFragments(operation);
      for (const node of [operation, ...fragments])
        visit(node, {
          Directive: (directive) => {
            if (isDefer(directive) && !isOff(directive))
              report('Directive "@defer" is not supported in subscriptions.', directive);
          },
        });
    },
    Directive: (directive) => {
      if (!isDefer(directive)) return;
      const parent = context.getParentType();
      if (parent && parent === context.getSchema().getMutationType())
        report('Directive "@defer" cannot be used on the root of a mutation.', directive);
      const label = argument(directive, 'label');
      if (label === undefined || label.kind === Kind.NULL) return;
      if (label.kind !== Kind.STRING)
        return report('The label of "@defer" has to be a string, not a variable.', directive);
      const other = labels.get(label.value);
      if (other) report(`The label "${label.value}" of "@defer" is used twice.`, [other, directive]);
      labels.set(label.value, directive);
    },
  };
}

function isDefer(directive: DirectiveNode): boolean {
  return directive.name.value === 'defer';
}

function isOff(directive: DirectiveNode): boolean {
  const value = argument(directive, 'if');
  return value?.kind === Kind.VARIABLE || (value?.kind === Kind.BOOLEAN && !value.value);
}

function argument(directive: DirectiveNode, name: string) {
  return directive.arguments?.find((given) => given.name.value === name)?.value;
}
