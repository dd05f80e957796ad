import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { createAnswerReader, type HttpAnswer } from '../../gateway/transport/http/answer.ts';
import { createHttpPool, headerLine, type PoolLimits } from '../../gateway/transport/http/pool.ts';

const LIMITS: PoolLimits = { connections: 2, ms: 5_000, answerBytes: 1_000 };
const never = new AbortController().signal;

const answer = (body: string, ...headers: string[]) =>
  ['HTTP/1.1 200 OK', ...headers, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');

describe('an answer is put together whatever pieces it comes in', () => {
  const wholes: readonly (readonly [string, string, HttpAnswer])[] = [
    ['a length', answer('{"a":"é€😀"}'), { status: 200, text: '{"a":"é€😀"}', keepMs: 4_000 }],
    ['no body', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, text: '', keepMs: 4_000 }],
    ['an empty body', 'HTTP/1.1 500\r\nContent-Length: 0\r\n\r\n', { status: 500, text: '', keepMs: 4_000 }],
    [
      'chunks, an extension and a trailer',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n4;a=b\r\nWiki\r\nB\r\npedia é€\r\n0\r\nx: y\r\n\r\n',
      { status: 200, text: 'Wikipedia é€', keepMs: 4_000 },
    ],
    [
      'a word in passing',
      `HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n${answer('1')}`,
      { status: 200, text: '1', keepMs: 4_000 },
    ],
    ['a goodbye', answer('1', 'Connection: x, Close'), { status: 200, text: '1', keepMs: 0 }],
    ['an old server', answer('1').replace('1.1', '1.0'), { status: 200, text: '1', keepMs: 0 }],
    [
      'a limit of its own',
      answer('1', 'keep-alive: timeout=72, max=9'),
      { status: 200, text: '1', keepMs: 71_000 },
    ],
  ];
  test.each(wholes)('%s', (_name, text, expected) => {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut < bytes.length; cut++) {
      const reader = createAnswerReader(100);
      // One place for all reads, as the connections have: what was read before is overwritten.
      const place = Buffer.alloc(bytes.length);
      const read = (from: number, to: number) => {
        bytes.copy(place, 0, from, to);
        const given = reader.read(place.subarray(0, to - from));
        place.fill(0);
        return given;
      };
      if (cut > 0) expect(read(0, cut)).toBeNull();
      expect(read(cut, bytes.length)).toEqual(expected);
      // The same connection, byte by byte.
      for (let i = 0; i < bytes.length - 1; i++) expect(read(i, i + 1)).toBeNull();
      expect(read(bytes.length - 1, bytes.length)).toEqual(expected);
    }
  });

  test('a body without a length ends with the connection, and one with a length does not', () => {
    const reader = createAnswerReader(100);
    expect(reader.read(Buffer.from('HTTP/1.1 200 OK\r\n\r\nab'))).toBeNull();
    expect(reader.read(Buffer.from('c'))).toBeNull();
    expect(reader.end()).toEqual({ status: 200, text: 'abc', keepMs: 0 });
    expect(reader.read(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc'))).toBeNull();
    expect(() => reader.end()).toThrow('closed before the answer was whole');
  });

  test('a connection that says more than it was asked is used no more', () => {
    expect(createAnswerReader(100).read(Buffer.from(answer('1') + answer('2')))?.keepMs).toBe(0);
  });
});

describe('what is not plain HTTP/1.1 is refused', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n', 'not HTTP/1.1'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching\r\n\r\n', 'changes the protocol'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 'two lengths'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      'both',
    ],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\n', 'no number'],
    ['another encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n', 'gzip, chunked'],
    ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n', 'no name'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n', 'no size'],
    [
      'a chunk beyond its size',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n',
      'longer than it says',
    ],
    ['a length beyond the limit', answer('a'.repeat(101)), 'more than 100 bytes'],
    [
      'chunks beyond the limit',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${`40\r\n${'a'.repeat(64)}\r\n`.repeat(2)}`,
      'more than 100 bytes',
    ],
    ['a head without an end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(6_000)}`, 'more than 32768 bytes'],
  ];
  test.each(refused)('%s', (_name, text, message) => {
    expect(() => createAnswerReader(100).read(Buffer.from(text))).toThrow(message);
  });
});

/** A server that answers each request with what `reply` writes. */
async function serve(
  reply: (socket: Socket, request: string, nth: number) => void,
  server: Server = createServer(),
) {
  const sockets = new Set<Socket>();
  let requests = 0;
  const onSocket = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const length = /content-length: (\d+)\r\n/.exec(text)?.[1];
      const head = text.indexOf('\r\n\r\n');
      if (head < 0 || text.length < head + 4 + Number(length)) return;
      const request = Buffer.from(text, 'latin1').toString();
      text = '';
      reply(socket, request, ++requests);
    });
  };
  server.on('connection', server.listenerCount('secureConnection') > 0 ? () => {} : onSocket);
  server.on('secureConnection', onSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function poolAt(port: number, limits: Partial<PoolLimits> = {}, protocol = 'http', host = '127.0.0.1') {
  const pool = createHttpPool(new URL(`${protocol}://${host}:${port}/graphql`), { ...LIMITS, ...limits });
  return {
    post: (body: string, signal = never) =>
      pool.post({ path: '/graphql?a=b', headers: headerLine('x-a', 'b'), body, signal }),
    [Symbol.asyncDispose]: pool.close,
  };
}

describe('a pool', () => {
  test('writes a request, and the next one on the same connection', async () => {
    const seen: string[] = [];
    await using server = await serve((socket, request) => {
      seen.push(request);
      socket.write(answer('"é"'));
    });
    await using pool = poolAt(server.port);
    expect(await pool.post('{"query":"{é}"}')).toEqual({ status: 200, text: '"é"', keepMs: 4_000 });
    expect((await pool.post('2')).text).toBe('"é"');
    expect(seen[0]).toBe(
      `POST /graphql?a=b HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-a: b\r\ncontent-length: 16\r\n\r\n{"query":"{é}"}`,
    );
    expect(server.sockets.size).toBe(1);
  });

  test('has no more connections than allowed, and answers everybody in turn', async () => {
    const held: (() => void)[] = [];
    const two = Promise.withResolvers<void>();
    await using server = await serve((socket, request, nth) => {
      const reply = () => socket.write(answer(request.slice(request.indexOf('\r\n\r\n') + 4)));
      if (nth <= 2) held.push(reply);
      else reply();
      if (nth === 2) two.resolve();
    });
    await using pool = poolAt(server.port);
    const bodies = Array.from({ length: 20 }, (_, i) => String(i));
    const answers = bodies.map((body) => pool.post(body));
    await two.promise;
    for (const reply of held) reply();
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(bodies);
    expect(server.sockets.size).toBe(2);
  });

  test('takes a new connection where the server closes the old one', async () => {
    await using server = await serve((socket, _request, nth) => {
      if (nth === 1) socket.end(answer('1', 'connection: close'));
      else if (nth === 2) socket.end('HTTP/1.1 200 OK\r\n\r\nto the end');
      else socket.write(answer('3'));
    });
    await using pool = poolAt(server.port, { connections: 1 });
    expect((await pool.post('')).text).toBe('1');
    expect((await pool.post('')).text).toBe('to the end');
    expect((await pool.post('')).text).toBe('3');
    expect(server.sockets.size).toBe(3);
  });

  test('does not use a connection that the server says it is about to close', async () => {
    await using server = await serve((socket) => socket.write(answer('1', 'keep-alive: timeout=1')));
    await using pool = poolAt(server.port);
    await pool.post('');
    await pool.post('');
    expect(server.sockets.size).toBe(2);
  });

  test('says what went wrong, and goes on with the next request', async () => {
    await using server = await serve((socket, request, nth) => {
      if (nth === 1) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123');
      else if (nth === 2) socket.write('nonsense\r\n\r\n');
      else if (nth === 3) socket.destroy();
      else if (!request.endsWith('wait')) socket.write(answer('4'));
    });
    await using pool = poolAt(server.port, { connections: 1, ms: 100 });
    await expect(pool.post('')).rejects.toThrow('closed before the answer was whole');
    await expect(pool.post('')).rejects.toThrow('not HTTP/1.1');
    await expect(pool.post('')).rejects.toMatchObject({ code: 'ECONNRESET' });
    const slow = pool.post('wait');
    const behind = pool.post('behind');
    await expect(slow).rejects.toThrow('no answer within 100 ms');
    await expect(behind).rejects.toThrow('no answer within 100 ms');
    expect((await pool.post('')).text).toBe('4');
  });

  test('gives up a request that is aborted, on its way or waiting', async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await serve((socket, request) => {
      if (request.endsWith('wait')) arrived.resolve();
      else socket.write(answer('1'));
    });
    await using pool = poolAt(server.port, { connections: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const running = pool.post('wait', first.signal);
    const waiting = pool.post('second', second.signal);
    await arrived.promise;
    second.abort();
    await expect(waiting).rejects.toThrow('the operation was over');
    first.abort();
    await expect(running).rejects.toThrow('the operation was over');
    await expect(pool.post('third', first.signal)).rejects.toThrow('the operation was over');
    expect((await pool.post('fourth')).text).toBe('1');
  });

  test('closes when what is under way has ended, and holds no connection then', async () => {
    const arrived = Promise.withResolvers<Socket>();
    await using server = await serve((socket, _request, nth) => {
      if (nth === 1) socket.write(answer('1'));
      else arrived.resolve(socket);
    });
    const pool = poolAt(server.port);
    await pool.post('');
    const last = pool.post('');
    const socket = await arrived.promise;
    const closed = pool[Symbol.asyncDispose]();
    const gone = Promise.all([...server.sockets].map((open) => once(open, 'close')));
    socket.write(answer('2'));
    expect((await last).text).toBe('2');
    await closed;
    await gone;
  });

  test('says that nobody listens', async () => {
    const nobody = await serve(() => {});
    await nobody[Symbol.asyncDispose]();
    await using pool = poolAt(nobody.port);
    await expect(pool.post('')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('speaks TLS with servers it can trust, and with no others', async () => {
    await using server = await serve(
      (socket) => socket.write(answer('"safe"')),
      createTlsServer(CERTIFICATE),
    );
    await using stranger = poolAt(server.port, {}, 'https', 'localhost');
    await expect(stranger.post('')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, CERTIFICATE.cert]);
    try {
      await using pool = poolAt(server.port, {}, 'https', 'localhost');
      expect((await pool.post('')).text).toBe('"safe"');
      expect((await pool.post('')).text).toBe('"safe"');
      await using wrong = poolAt(server.port, {}, 'https', '127.0.0.1');
      await expect(wrong.post('')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    } finally {
      setDefaultCACertificates(before);
    }
  });

  test('sends no header that would begin another', () => {
    expect(() => headerLine('x-sync-token', 'a\r\nx-admin: 1')).toThrow('x-sync-token cannot be sent');
    expect(headerLine('accept-language', 'nb;q=0.9')).toBe('accept-language: nb;q=0.9\r\n');
  });
});

/** For `localhost`, signed by itself, until 2126; it protects nothing. */
const CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdrJrixG/D78S45E+
sIshcVXOptwb8vfWsAr8Uv/+BNihRANCAAStRe6uSWAFz2dQdJLVxufqfHkdSJl0
6g9zwnKeL9+kiST9k9Q9nsI6kNSXBG1Ec4EFCxpPZ/L3cyYTtosYDCDn
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUKpH6ddb0cNXod2UV35v3WUL+LEQwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTIxMDc0MFoYDzIxMjYxMTAx
MjEwNzQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAStRe6uSWAFz2dQdJLVxufqfHkdSJl06g9zwnKeL9+kiST9k9Q9nsI6
kNSXBG1Ec4EFCxpPZ/L3cyYTtosYDCDno2kwZzAdBgNVHQ4EFgQUI0wUHvm6tOo6
Gvgu2aeKfxon0w4wHwYDVR0jBBgwFoAUI0wUHvm6tOo6Gvgu2aeKfxon0w4wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAOM62jKaZO1P5XgfEIv3r9n+NVpKjzfs2/wmEYEyaUxfAiBlS+CWdi1W
yVkSrv2klqa7SJl8nKDCmSQp37DwKpzOcA==
-----END CERTIFICATE-----`,
};
