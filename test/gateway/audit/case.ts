import type { Sdls, World } from './world.ts';

/** A corner of federation: subgraphs, the world behind them, and what is asked of it. */
export type Case = {
  readonly name: string;
  readonly sdls: Sdls;
  readonly world: World;
  /** Operations that must be answered as from one schema, without an error. */
  readonly queries: readonly string[];
  /**
   * How deep random operations go on top; default 3. 0 where some valid operations have no answer: a subgraph that
   * does not know a type that another one does, say.
   */
  readonly depth?: number;
};
