/** Prints the composed graph or one of its parts. */
export async function printSchema(_part: string): Promise<number> {
  throw new Error('tandem schema is not part of this version.');
}

/** Compares with a supergraph in use. Returns 1 if a client could break. */
export async function checkSchema(_file: string): Promise<number> {
  throw new Error('tandem schema is not part of this version.');
}

/** Composes subgraphs into a supergraph. Returns 1 if they do not compose. */
export async function composeSchema(
  _parts: Readonly<Record<string, string>>,
  _output?: string,
): Promise<number> {
  throw new Error('tandem schema is not part of this version.');
}
