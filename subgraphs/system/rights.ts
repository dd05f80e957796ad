import { GraphQLError } from 'graphql';

/** Who asks, as the gateway or the subgraph's server found out. Null where no auth is configured. */
export interface Caller {
  /** The user or the key; null for a request without credentials. */
  readonly subject: string | null;
  /** Granted scopes; `*` stands for all. */
  readonly scopes: readonly string[];
}

/** What a caller needs a right to. `system` is the door of connectors. */
export type Scope = 'read' | 'read:cost' | 'read:personal' | 'write' | 'system';

/** Whether the caller may; without configured auth everybody may. */
function may(caller: Caller | null, scope: Scope): boolean {
  return caller === null || caller.scopes.includes(scope) || caller.scopes.includes('*');
}

/** Throws FORBIDDEN unless the caller may. The gateway asks the same before; a subgraph does not rely on it. */
export function demand(caller: Caller | null, scope: Scope): void {
  if (may(caller, scope)) return;
  throw new GraphQLError(`This needs the scope ${scope}.`, { extensions: { code: 'FORBIDDEN', scope } });
}
