/** One field, argument or input field of a definition, as SDL: its text after the name, and what it is for. */
export interface SdlField {
  readonly name: string;
  /** Type, arguments before it and directives after it: `(id: ID!): CrmCustomer @inaccessible` or `: String!`. */
  readonly text: string;
  readonly doc?: string | undefined;
}

/** A block definition: `type`, `input` or `enum` with its documentation. */
export function block(head: string, doc: string, fields: readonly SdlField[]): string {
  return `${description(doc)}${head} {\n${fields.map(fieldLine).join('\n')}\n}`;
}

/** An enum with a documentation of its own and plain values. */
export function enumBlock(name: string, doc: string, values: readonly string[]): string {
  return block(
    `enum ${name}`,
    doc,
    values.map((value) => ({ name: value, text: '' })),
  );
}

/** A description, quoted so that any text is safe in it. */
export function description(doc: string): string {
  return `${JSON.stringify(doc)}\n`;
}

function fieldLine({ name, text, doc }: SdlField): string {
  return `${doc === undefined ? '' : `  ${JSON.stringify(doc)}\n`}  ${name}${text}`;
}
