import { type FormattedExecutionResult, parse, validate } from 'graphql';
import { patchesOf } from '../../gateway/incremental.ts';
import { DeferRule } from '../../gateway/plan/defer-directive.ts';
import type { Engine } from '../../gateway/plan/engine.ts';
import { CALLER } from './run.ts';

/** One piece of an answer as plain JSON. */
export type Piece = FormattedExecutionResult & {
  readonly hasNext?: boolean;
  readonly incremental?: readonly (FormattedExecutionResult & {
    readonly path: readonly (string | number)[];
    readonly label?: string;
  })[];
};

/** Runs an operation on an engine without a server; its pieces as clients of the 2022 format read them. */
export async function* piecesOf(
  engine: Engine,
  query: string,
  variables: Record<string, unknown> = {},
): AsyncGenerator<Piece, void> {
  const document = parse(query);
  const [error] = validate(engine.schema, document);
  if (error) throw error;
  const [refused] = validate(engine.schema, document, [DeferRule]);
  if (refused) throw refused;
  const signal = new AbortController().signal;
  const answer = await engine.executeIncrementally({ document, variables, caller: CALLER, signal });
  const plain = (piece: object) => JSON.parse(JSON.stringify(piece)) as Piece;
  if (!('rest' in answer)) return yield plain(answer);
  const { initial, rest } = patchesOf(answer, '20220824');
  yield plain(initial);
  for await (const piece of rest) yield plain(piece);
}

/** Puts pieces together as a client does. */
export function assemble(pieces: readonly Piece[]): unknown {
  const [first, ...rest] = pieces;
  const root = { data: first?.data ?? null } as Tree;
  for (const { incremental } of rest)
    for (const { path, data } of incremental ?? []) {
      const place = path.reduce<Tree>((at, key) => at[key] as Tree, root.data as Tree);
      if (data) mergeInto(place, data as Tree);
    }
  return root.data;
}

type Tree = { [key: string | number]: unknown };

function mergeInto(target: Tree, source: Tree): void {
  for (const [key, value] of Object.entries(source)) {
    const mine = target[key];
    if (mine !== null && typeof mine === 'object' && value !== null && typeof value === 'object')
      mergeInto(mine as Tree, value as Tree);
    else target[key] = value;
  }
}
