import type { IncomingMessage } from 'node:http';
import type { Limits } from '../options.ts';
import { MAX_JSON_DEPTH, nestsDeeper } from './json-depth.ts';
import { Refusal } from './refusal.ts';

/** The parameters of a GraphQL request, over whatever transport they came. */
export type GraphqlParams = {
  readonly query?: string | undefined;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
};

/** Reads the parameters of an HTTP request. Throws a Refusal. */
export async function readParams(request: IncomingMessage, url: URL, limits: Limits): Promise<GraphqlParams> {
  switch (request.method) {
    case 'GET':
      return fromSearch(url.searchParams);
    case 'POST':
      return fromBody(await readJson(request, limits));
    default:
      throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'GraphQL is asked with GET or POST.', {
        allow: 'GET, POST',
      });
  }
}

/** Checks the parameters' types, for every transport alike. Throws a Refusal. */
export function fromBody(body: unknown): GraphqlParams {
  if (Array.isArray(body)) throw badRequest('Batches are not answered; send one operation per request.');
  if (!isRecord(body)) throw badRequest('The body has to be a JSON object.');
  const { query, operationName, variables, extensions } = body;
  if (!isMissing(query) && typeof query !== 'string') throw badRequest('"query" has to be a string.');
  if (!isMissing(operationName) && typeof operationName !== 'string')
    throw badRequest('"operationName" has to be a string.');
  if (!isMissing(variables) && !isRecord(variables)) throw badRequest('"variables" has to be an object.');
  if (!isMissing(extensions) && !isRecord(extensions)) throw badRequest('"extensions" has to be an object.');
  return {
    query: query ?? undefined,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  };
}

/** Parses JSON that a client sent. Throws a Refusal on junk and on abysses. */
export function parseClientJson(text: string): unknown {
  if (nestsDeeper(text, MAX_JSON_DEPTH)) throw badRequest(`JSON may nest ${MAX_JSON_DEPTH} levels deep.`);
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('This is not JSON.');
  }
}

function fromSearch(search: URLSearchParams): GraphqlParams {
  const once = (name: string) => {
    const values = search.getAll(name);
    if (values.length > 1) throw badRequest(`"${name}" is given more than once.`);
    return values[0] === '' ? undefined : values[0];
  };
  const json = (name: string) => {
    const text = once(name);
    return text === undefined ? undefined : parseClientJson(text);
  };
  return fromBody({
    query: once('query'),
    operationName: once('operationName'),
    variables: json('variables'),
    extensions: json('extensions'),
  });
}

async function readJson(request: IncomingMessage, limits: Limits): Promise<unknown> {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json')
    throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send application/json.');
  const charset = parameters
    .map((given) => given.trim().toLowerCase())
    .find((given) => given.startsWith('charset='));
  if (charset !== undefined && charset.replaceAll('"', '') !== 'charset=utf-8')
    throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send UTF-8.');
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Compressed requests are not read.', {
      'accept-encoding': 'identity',
    });
  return parseClientJson(await readText(request, limits.bodyBytes));
}

/** Reads a body of at most `limit` bytes. Throws a Refusal (413). */
export async function readText(request: IncomingMessage, limit: number): Promise<string> {
  const tooLarge = () =>
    new Refusal(413, 'BODY_TOO_LARGE', `The body may have ${limit} bytes.`, { connection: 'close' });
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        request.off('data', onData);
        reject(tooLarge());
      }
    };
    request.on('data', onData);
    const onClose = () => reject(badRequest('The body ended early.'));
    request.once('close', onClose);
    request.once('end', () => {
      request.off('close', onClose);
      resolve(Buffer.concat(chunks).toString());
    });
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function badRequest(message: string): Refusal {
  return new Refusal(400, 'BAD_REQUEST', message);
}
