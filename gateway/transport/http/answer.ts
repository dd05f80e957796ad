/** A whole answer of an HTTP server. */
export type HttpAnswer = {
  readonly status: number;
  readonly text: string;
  /** How long the server keeps the connection for another request, milliseconds; 0 when it can take none. */
  readonly keepMs: number;
};

/** Puts the answers of one connection together from the bytes as they come, one answer after the other. */
export type AnswerReader = {
  /**
   * Takes bytes, which need to be good during the call only. Returns the answer once it is whole. Throws on what is
   * not HTTP/1.1, and when an answer is larger than allowed.
   */
  read(bytes: Buffer): HttpAnswer | null;
  /** Says that the server has closed. Returns the answer where that is how it ends, else throws. */
  end(): HttpAnswer;
};

/** Largest head of an answer, and largest line between its chunks, bytes. */
const MAX_HEAD = 32_768;
const MAX_LINE = 1_024;

/** How long an idle connection is trusted when its server does not say, milliseconds; Node's servers keep theirs 5 s. */
const KEEP_MS = 4_000;

/** How long before a server's own limit a connection is no longer used, milliseconds: requests cross its goodbye. */
const KEEP_MARGIN_MS = 1_000;

type Head = {
  readonly status: number;
  readonly body: { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunks' | 'close' };
  readonly keepMs: number;
};

/** What is read next. */
type State =
  | { readonly kind: 'head' }
  | { readonly kind: 'chunk size' | 'chunk end' | 'trailer' | 'close'; readonly head: Head }
  | { readonly kind: 'body' | 'chunk'; readonly head: Head; left: number };

const EMPTY = Buffer.alloc(0);

/** @param limit largest body, bytes */
export function createAnswerReader(limit: number): AnswerReader {
  let state: State = { kind: 'head' };
  // What has come of a head or a line that is not whole yet.
  let rest = EMPTY;
  const pieces: Buffer[] = [];
  let copied = 0;
  let size = 0;

  const add = (piece: Buffer) => {
    size += piece.length;
    if (size > limit) throw new Error(`the answer has more than ${limit} bytes`);
    pieces.push(piece);
  };
  const wait = (unread: Buffer, most: number): null => {
    if (unread.length > most) throw new Error(`a line of the answer has more than ${most} bytes`);
    rest = unread.length === 0 ? EMPTY : Buffer.from(unread);
    // The caller reads what comes next into the same place.
    for (; copied < pieces.length; copied++) pieces[copied] = Buffer.from(pieces[copied]!);
    return null;
  };
  const finish = ({ status, keepMs }: Head, unread: number): HttpAnswer => {
    const [only] = pieces;
    const text = (pieces.length === 1 && only ? only : Buffer.concat(pieces, size)).toString();
    state = { kind: 'head' };
    pieces.length = 0;
    copied = 0;
    size = 0;
    // Bytes nobody asked for: what follows on this connection cannot be trusted to belong to a request.
    return { status, text, keepMs: unread > 0 ? 0 : keepMs };
  };

  const read = (bytes: Buffer): HttpAnswer | null => {
    const input = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    rest = EMPTY;
    let at = 0;
    for (;;)
      switch (state.kind) {
        case 'head': {
          const end = input.indexOf('\r\n\r\n', at);
          if (end < 0) return wait(input.subarray(at), MAX_HEAD);
          const head = readHead(input.toString('latin1', at, end));
          at = end + 4;
          // 1xx is said in passing; the answer follows.
          if (head.status >= 200) state = bodyOf(head);
          break;
        }
        case 'body':
        case 'chunk': {
          const piece = input.subarray(at, at + state.left);
          add(piece);
          at += piece.length;
          state.left -= piece.length;
          if (state.left > 0) return wait(EMPTY, 0);
          if (state.kind === 'body') return finish(state.head, input.length - at);
          state = { kind: 'chunk end', head: state.head };
          break;
        }
        case 'close':
          add(input.subarray(at));
          return wait(EMPTY, 0);
        default: {
          const end = input.indexOf('\r\n', at);
          if (end < 0) return wait(input.subarray(at), MAX_LINE);
          const line = input.toString('latin1', at, end);
          at = end + 2;
          if (state.kind === 'trailer' && line === '') return finish(state.head, input.length - at);
          state = afterLine(state, line);
        }
      }
  };
  return {
    read,
    end: () => {
      if (state.kind !== 'close') throw closedEarly();
      return finish(state.head, 0);
    },
  };
}

/** The error of a connection that closed before its answer was whole. */
export function closedEarly(): Error {
  return Object.assign(new Error('the connection closed before the answer was whole'), {
    code: 'ECONNRESET',
  });
}

function bodyOf(head: Head): State {
  if (head.body.kind === 'length') return { kind: 'body', head, left: head.body.length };
  return { kind: head.body.kind === 'chunks' ? 'chunk size' : 'close', head };
}

/** What follows a line between chunks: the size of one, the break after one, or a trailer. */
function afterLine(state: State & { readonly head: Head }, line: string): State {
  const { head } = state;
  if (state.kind === 'trailer') return state;
  if (state.kind === 'chunk end') {
    if (line !== '') throw new Error('a chunk of the answer is longer than it says');
    return { kind: 'chunk size', head };
  }
  const digits = /^([\da-f]{1,8})[\t ]*(?:;.*)?$/i.exec(line)?.[1];
  if (digits === undefined) throw new Error('a chunk of the answer has no size');
  const left = Number.parseInt(digits, 16);
  return left === 0 ? { kind: 'trailer', head } : { kind: 'chunk', head, left };
}

function readHead(text: string): Head {
  const lines = text.split('\r\n');
  const [, minor, digits] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(lines[0]!) ?? [];
  if (digits === undefined) throw new Error('the answer is not HTTP/1.1');
  const status = Number(digits);
  if (status === 101) throw new Error('the answer changes the protocol, which was not asked for');
  let length: string | undefined;
  let encoding: string | undefined;
  let keeps = minor === '1';
  let keepMs = KEEP_MS;
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!;
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error('a header of the answer has no name');
    const value = () => line.slice(colon + 1).trim();
    switch (line.slice(0, colon).toLowerCase()) {
      case 'content-length':
        if (length !== undefined && length !== value()) throw new Error('the answer has two lengths');
        length = value();
        break;
      case 'transfer-encoding':
        encoding = encoding === undefined ? value().toLowerCase() : `${encoding}, ${value()}`;
        break;
      case 'connection':
        keeps = keepsConnection(value().toLowerCase(), keeps);
        break;
      case 'keep-alive': {
        const seconds = /(?:^|[ ,])timeout=(\d{1,6})/i.exec(value())?.[1];
        if (seconds !== undefined) keepMs = Math.max(0, Number(seconds) * 1_000 - KEEP_MARGIN_MS);
      }
    }
  }
  const body = framing(status, length, encoding);
  return { status, body, keepMs: keeps && body.kind !== 'close' ? keepMs : 0 };
}

function keepsConnection(options: string, otherwise: boolean): boolean {
  const named = options.split(',').map((option) => option.trim());
  if (named.includes('close')) return false;
  return named.includes('keep-alive') || otherwise;
}

/** Two readers that disagree on where an answer ends is how answers get swapped: what is not plain is refused. */
function framing(status: number, length: string | undefined, encoding: string | undefined): Head['body'] {
  if (status === 204 || status === 304) return { kind: 'length', length: 0 };
  if (encoding !== undefined) {
    if (length !== undefined) throw new Error('the answer has both a length and a transfer encoding');
    if (encoding !== 'chunked') throw new Error(`the answer is transferred as ${encoding}`);
    return { kind: 'chunks' };
  }
  if (length === undefined) return { kind: 'close' };
  if (!/^\d{1,15}$/.test(length)) throw new Error('the answer has a length that is no number');
  return { kind: 'length', length: Number(length) };
}
