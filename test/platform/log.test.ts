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

test('what is deep or round ends somewhere', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const round: Record<string, unknown> = { name: 'a' };
  round.self = round;
  log.info({ round }, 'round');
  expect(JSON.parse(lines[0]!).msg).toBe('round');
});
