import { expect, test } from 'vitest';
import { createLog } from '../../console/log.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';

test('a log line shows no secret, wherever it stands', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const cause = new Error(`cannot open postgres://ann:hunter2@db.example/tandem`);
  log.error(
    {
      err: Object.assign(new Error(`refused Bearer ${TOKEN}`, { cause }), {
        headers: { authorization: 'hunter2' },
      }),
      request: { headers: { Authorization: 'hunter2', 'x-api-key': 'hunter2', accept: 'application/json' } },
      list: [{ password: 'hunter2', name: 'Ann' }],
      text: `token ${TOKEN}`,
      at: new Date(0),
      url: new URL('http://ann:hunter2@host/'),
    },
    'a request failed',
  );
  const line = JSON.parse(lines[0]!);
  expect(lines[0]).not.toMatch(/hunter2|eyJ/);
  expect(line).toMatchObject({
    msg: 'a request failed',
    err: { type: 'Error', headers: { authorization: '***' } },
    request: { headers: { Authorization: '***', 'x-api-key': '***', accept: 'application/json' } },
    list: [{ password: '***', name: 'Ann' }],
    at: '1970-01-01T00:00:00.000Z',
  });
  expect(line.err.message).toContain('refused Bearer ***');
  expect(line.err.stack).toContain('log.test.ts');
});

test('a log line shows no mail address, no telephone number and no value of a statement', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const failed = Object.assign(
    new Error('Failed query: insert into contact values ($1, $2)\nparams: Ann Lee,ann@x.no\nsecond line'),
    { params: ['Ann Lee'], parameters: ['Ann Lee'], query: 'insert into contact values ($1, $2)' },
  );
  log.error({ err: failed }, 'internal error');
  log.error(
    { err: new Error('Key (email, name)=(ann@x.no, Ann Lee (old)) already exists.') },
    'Cannot write to ann@x.no',
  );
  log.warn(
    { reason: 'Failing row contains (7, Ann Lee, +47 22 44 66 88).' },
    'call +47 (22) 44-66-88, token=hunter2',
  );
  log.info({ at: '2026-11-26T10:00:00+00:00', version: '1.2.3+456', id: '4f8e', path: ['a', 0] }, 'done');
  expect(lines.join('')).not.toMatch(/Ann Lee|ann@|\+47|hunter2|second line/);
  const [query, key, row, done] = lines.map((line) => JSON.parse(line));
  expect(query.err).toMatchObject({
    message: 'Failed query: insert into contact values ($1, $2)\nparams: ***',
    query: 'insert into contact values ($1, $2)',
  });
  expect(query.err.stack).toContain('log.test.ts');
  expect(key).toMatchObject({
    msg: 'Cannot write to ***@***',
    err: { message: 'Key (email, name)=(***) already exists.' },
  });
  expect(row).toMatchObject({ msg: 'call +***, token=***', reason: 'Failing row contains (***).' });
  expect(done).toMatchObject({ at: '2026-11-26T10:00:00+00:00', version: '1.2.3+456', path: ['a', 0] });
});

test('what is deep or round ends somewhere', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const round: Record<string, unknown> = { name: 'a' };
  round.self = round;
  log.info({ round }, 'round');
  expect(JSON.parse(lines[0]!).msg).toBe('round');
});
