import { GraphQLError } from 'graphql';

/** Who asks, as the gateway or the subgraph's server found out. */
export interface Caller {
  /** The user or the key; null for a request without credentials. */
  readonly subject: string | null;
  /** Granted scopes; `*` stands for all. */
  readonly scopes: readonly string[];
  /** Headers passed on, lower case: `x-sync-token`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** One id per request; events of a mutation carry it. */
  readonly requestId?: string;
}

/** What a caller needs a right to. */
export type Scope = 'read' | 'read:cost' | 'read:personal' | 'sync' | 'admin';

/** What it takes to see words that may quote a value of any field. */
export const wordScopes = ['read:personal', 'read:cost'] as const satisfies readonly Scope[];

/** Whether the caller may; without configured auth (null) everybody may. */
export function may(caller: Caller | null, scope: Scope): boolean {
  return caller === null || caller.scopes.includes(scope) || caller.scopes.includes('*');
}

/** Throws FORBIDDEN unless the caller may. The gateway asks the same before; this subgraph does not rely on it. */
export function demand(caller: Caller | null, scope: Scope): void {
  if (may(caller, scope)) return;
  throw new GraphQLError(`This needs the scope ${scope}.`, { extensions: { code: 'FORBIDDEN', scope } });
}
