import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { GraphQLError } from 'graphql';
import type { ServerOptions } from 'graphql-ws';
import { answerInPieces } from '../answer-in-pieces.ts';
import type { Authenticate, Session } from '../auth/auth.ts';
import { callerKey } from '../caller.ts';
import type { Desk } from '../desk.ts';
import type { Piece } from '../pieces.ts';
import { type AdmittedRequest, admit, untilEnd } from '../pipeline.ts';
import { type Asker, runInTurn } from '../run-in-turn.ts';
import { requestIdOf } from './front.ts';
import type { OriginGuard } from './origin.ts';
import { fromBody } from './params.ts';
import { Refusal } from './refusal.ts';
import {
  attachSockets,
  type SocketContext,
  type SocketExtra,
  TOKEN_EXPIRED_CODE,
  turnAway,
} from './sockets.ts';
import { asRefusal } from './write.ts';

/** Serves operations over graphql-transport-ws, by the same rules as HTTP. */
export function attachWebSocket(
  server: Server,
  { desk, guard, authenticate }: { desk: Desk; guard: OriginGuard; authenticate: Authenticate },
) {
  const sessions = new WeakMap<object, Session>();
  const protocol: ServerOptions<Record<string, unknown>, SocketExtra> = {
    onConnect: async (context) => {
      try {
        const address = desk.addressOf(context.extra.request);
        const session = await authenticate({ ...credentialsOf(context), address });
        sessions.set(context.extra, session);
        closeOnExpiry(context, session);
        return true;
      } catch (error) {
        if (!(error instanceof Refusal)) desk.log.error({ err: error }, 'a socket could not be let in');
        else turnAway(context.extra.socket, error);
        return false;
      }
    },
    onSubscribe: (context, _id, payload) => {
      const session = sessions.get(context.extra);
      try {
        if (!session) throw new Refusal(401, 'UNAUTHENTICATED', 'Who asks is not known.');
        if (Object.keys(context.subscriptions).length > desk.limits.subscriptionsPerSocket)
          throw new Refusal(
            429,
            'LIMIT_EXCEEDED',
            `A socket may have ${desk.limits.subscriptionsPerSocket} operations.`,
          );
        const caller = { ...session.caller, requestId: randomUUID() };
        const params = fromBody(payload);
        const address = desk.addressOf(context.extra.request);
        desk.count(caller, address);
        const request = admit(desk.served(), desk.textOf(params, caller), params, caller, desk.checks);
        if (request.kind === 'refused') return [...desk.mask(request.errors, caller.requestId)];
        return asExecutionArgs(request, { connection: context.extra.socket, address });
      } catch (error) {
        if (!(error instanceof Refusal)) desk.log.error({ err: error }, 'a socket operation failed');
        const { message, code } = asRefusal(error);
        return [new GraphQLError(message, { extensions: { code } })];
      }
    },
    subscribe: async (args) => {
      const { request, from } = (args as unknown as CarriedArgs).contextValue;
      return openStream(desk, request, from) as Promise<AsyncGenerator<never>>;
    },
    execute: async (args) => {
      const { request, from } = (args as unknown as CarriedArgs).contextValue;
      if (request.operation.defers) {
        const pieces = answerInPieces(desk, request, from, '20220824');
        return orRefused(pieces) as AsyncGenerator<never>;
      }
      return runInTurn(desk, request, from, ({ whole }) => whole()).catch(refusedResult);
    },
  };
  return attachSockets(server, { limits: desk.limits, log: desk.log, check: guard.check, protocol });
}

/** graphql-ws hands what `onSubscribe` returns to `subscribe` and `execute`; the request travels as its context value. */
type CarriedArgs = { readonly contextValue: { readonly request: AdmittedRequest; readonly from: Asker } };

function asExecutionArgs(request: AdmittedRequest, from: Asker): ExecutionArgs {
  return {
    schema: request.served.engine.schema,
    document: request.document,
    operationName: request.operationName ?? null,
    contextValue: { request, from },
  };
}

/** Begins a subscription where its caller may have one more. */
async function openStream(
  desk: Desk,
  request: AdmittedRequest,
  { address }: Asker,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  let leave: () => void;
  try {
    leave = desk.streams.enter(callerKey(request.caller, address));
  } catch (error) {
    return refusedResult(error);
  }
  const stream = await desk.stream(request);
  if (Symbol.asyncIterator in stream) return untilEnd(stream, leave);
  leave();
  return stream;
}

async function* orRefused(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece, void> {
  try {
    yield* pieces;
  } catch (error) {
    yield refusedResult(error);
  }
}

function refusedResult(error: unknown): ExecutionResult {
  const { message, code } = asRefusal(error);
  return { errors: [new GraphQLError(message, { extensions: { code } })] };
}

/** Browsers cannot set headers on a socket, so credentials may come in the first message. */
function credentialsOf({ connectionParams, extra }: SocketContext) {
  const headers: Record<string, string | readonly string[] | undefined> = { ...extra.request.headers };
  for (const [name, value] of Object.entries(connectionParams ?? {}))
    if (typeof value === 'string') headers[name.toLowerCase()] = value;
  return { headers, requestId: requestIdOf(extra.request) };
}

function closeOnExpiry({ extra }: SocketContext, { expiresAt }: Session): void {
  if (expiresAt === null) return;
  // Timers hold at most 24 days; a token that lives longer is checked again by the next connection.
  const timer = setTimeout(
    () => extra.socket.close(TOKEN_EXPIRED_CODE, 'Token expired'),
    Math.min(expiresAt - Date.now(), 2_000_000_000),
  );
  extra.socket.once('close', () => clearTimeout(timer));
}
