import { badInput } from '../system/arguments.ts';

/** What an id of this subgraph can stand for. */
export type IdKind =
  | 'Customer'
  | 'Contact'
  | 'Product'
  | 'Quote'
  | 'Order'
  | 'User'
  | 'QuoteLine'
  | 'OrderLine'
  | 'Link'
  | 'Event'
  | 'Run'
  | 'Conflict'
  | 'Issue'
  | 'DeadLetter'
  | 'MatchProposal'
  | 'Rule'
  | 'Act';

/** `Customer_01J…`: typed, so that `node(id)` knows where to look, and opaque. */
export function typedId(kind: IdKind, id: string): string {
  return `${kind}_${id}`;
}

/** The parts of a typed id, or null when it is none. */
export function parseId(id: string): { readonly kind: string; readonly id: string } | null {
  const at = id.indexOf('_');
  return at <= 0 || at === id.length - 1 ? null : { kind: id.slice(0, at), id: id.slice(at + 1) };
}

/** The stored id behind a typed one. Throws BAD_USER_INPUT, naming the argument, when it is of another kind. */
export function storedId(id: string, kinds: readonly IdKind[], path: readonly (string | number)[]): string {
  const parsed = parseId(id);
  if (parsed !== null && (kinds as readonly string[]).includes(parsed.kind)) return parsed.id;
  const wanted = kinds.map((kind) => `${kind}_…`).join(' or ');
  throw badInput(`${JSON.stringify(id.slice(0, 80))} is no id of the form ${wanted}`, path);
}
