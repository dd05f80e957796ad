import type { DocumentNode, GraphQLError } from 'graphql';
import type { Caller } from '../caller.ts';
import type { Readers, ReadText } from './copied.ts';
import type { Entity } from './merge.ts';

/** The state of one operation, or of one event of a subscription. */
export type Run = {
  data: Entity | null;
  readonly errors: GraphQLError[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  /** Aborted when the client goes or the operation's time is up. */
  readonly signal: AbortSignal;
  /** What transports keep for this run alone, such as contexts of local subgraphs, by subgraph name. */
  readonly kept: Map<string, unknown>;
  /** Entities that a subgraph was not asked for, as what it requires of them is not known, with the fields that lack for it. */
  readonly unmet: Map<Entity, ReadonlySet<string>>;
  /** How answers are read whose fields are copied, where the result is written by the plan's own projector. */
  readonly readers?: Readers | undefined;
  /** The entities that a plan begins with which does not begin at the root. */
  readonly entries?: readonly Entity[] | undefined;
};

/** The unchanging part of a request to a subgraph; one per plan node. */
export type SubgraphOperation = {
  readonly subgraph: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly text: string;
  readonly name: string | undefined;
  /** The response keys of its root fields. */
  readonly rootKeys: readonly string[];
  readonly document: DocumentNode;
  /** Beginning of the JSON body, up to the variables. */
  readonly bodyStart: string;
};

/** One request to a subgraph. */
export type SubgraphCall = {
  readonly operation: SubgraphOperation;
  /** The variables and the whole JSON body; each is built only where it is sent, before anything else of the run goes on. */
  variables(): Readonly<Record<string, unknown>> | undefined;
  body(): string;
  /** Reads the text of an answer where it can be foreseen; null where it has to be parsed after all. */
  readonly read?: ReadText | undefined;
  readonly run: Run;
};

/** An error in a subgraph's answer, as it came. */
export type SubgraphError = {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Set by graphql-js in this process: what the resolver threw. */
  readonly originalError?: unknown;
};

/** A subgraph's answer, as it came. */
export type SubgraphAnswer = {
  readonly data?: Entity | null | undefined;
  readonly errors?: readonly SubgraphError[] | undefined;
};

/** How subgraphs are reached. Rejects with `Unavailable` where one cannot be. */
export type Transport = {
  execute(call: SubgraphCall): SubgraphAnswer | Promise<SubgraphAnswer>;
  /** A stream of events, or an answer with errors when the subgraph refuses to begin one. */
  subscribe(call: SubgraphCall): Promise<AsyncIterable<SubgraphAnswer> | SubgraphAnswer>;
};
