import { expect, test } from 'vitest';
import { readSettings, SettingsError } from '../../console/settings.ts';

test('without any variable the defaults hold', () => {
  expect(readSettings({}, {}, {})).toMatchObject({
    PORT: 4000,
    TANDEM_HOST: '127.0.0.1',
    TANDEM_DATA: '.tandem',
    TANDEM_DEMO: true,
  });
});

test('the command line goes over the environment, and that over what is usual', () => {
  const usual = { PORT: '4001' };
  expect(readSettings({}, usual, {}).PORT).toBe(4001);
  expect(readSettings({}, usual, { PORT: '5000' }).PORT).toBe(5000);
  expect(readSettings({ PORT: '6000' }, usual, { PORT: '5000' }).PORT).toBe(6000);
  expect(readSettings({ PORT: undefined }, usual, { PORT: '' }).PORT).toBe(4001);
});

test('every mistake is listed with name, value and remedy, and secrets stay secret', () => {
  const env = {
    PORT: 'abc',
    DATABASE_URL: 'mysql://me:secret@host/db',
    TANDEM_JWT_SECRET: 'short-secret',
    TANDEM_DTA: 'x',
    TANDEM_DEMO: 'maybe',
  };
  const message = messageOf(() => readSettings({}, {}, env));
  expect(message).toContain('5 settings are wrong');
  expect(message).toContain('PORT=abc has to be a port');
  expect(message).toContain('DATABASE_URL=mysql://me:***@host/db has to be an address such as postgres://');
  expect(message).toContain('TANDEM_JWT_SECRET=*** has to have at least 32 bytes');
  expect(message).toContain('TANDEM_DTA=x is not a setting');
  expect(message).toContain('TANDEM_DEMO=maybe has to be 0 or 1');
  expect(message).not.toMatch(/secret@|short-secret/);
});

test.each([
  ['an open server for everyone', { TANDEM_HOST: '0.0.0.0' }, 'TANDEM_HOST=0.0.0.0 would let everyone in'],
  [
    'a token nobody can check',
    { TANDEM_JWKS_URL: 'https://a/jwks', TANDEM_JWT_AUDIENCE: 'a' },
    'TANDEM_JWT_ISSUER is needed',
  ],
  [
    'an API key in clear',
    { TANDEM_API_KEYS: 'ci:topsecret:read' },
    'TANDEM_API_KEYS=*** has to be name:sha256-in-hex',
  ],
  [
    'a scope that nobody knows',
    { TANDEM_API_KEYS: `ci:${'a'.repeat(64)}:read+sync,all:${'b'.repeat(64)}:raed+write` },
    'TANDEM_API_KEYS=*** gives the key all the scope raed: there are read, read:cost, read:personal, sync, write and admin.',
  ],
  [
    'a key without a scope after its plus',
    { TANDEM_API_KEYS: `ci:${'a'.repeat(64)}:read+` },
    'TANDEM_API_KEYS=*** gives the key ci the scope "": there are',
  ],
  [
    'a header that cannot be decoded',
    { OTEL_EXPORTER_OTLP_HEADERS: 'b=%20,a=geheim%zz' },
    'OTEL_EXPORTER_OTLP_HEADERS=*** has to be name=value pairs divided by commas, percent-encoded: the value of a is not, write % as %25.',
  ],
  ['a rate without its time', { TANDEM_ERP_RATE: '100' }, 'TANDEM_ERP_RATE=100 has to be calls per seconds'],
  ['a port that is none', { PORT: '70000' }, 'PORT=70000 has to be 65535 or less'],
])('%s is refused', (_case, env, expected) => {
  expect(messageOf(() => readSettings({}, {}, env))).toContain(expected);
});

test.each([
  ['user:geheim@h/db', '***@h/db'],
  ['postgre://user:ge@heim@h/db', 'postgre://user:***@h/db'],
  ['postgre://user:ge/heim@h/db', 'postgre://user:***@h/db'],
  ['postgre://user:ge://he@im@h/db', 'postgre://user:***@h/db'],
  ['postgre://:geheim@h/db', 'postgre://:***@h/db'],
  ['postgre://geheim@h/db', 'postgre://***@h/db'],
  ['postgre:///user:geheim@h/db', 'postgre://***@h/db'],
  ['postgres:/user:geheim@h/db', '***@h/db'],
  ['user:a://geheim@h/db', '***@h/db'],
  ['postgres://user:ge#heim@h:5432/db', 'postgres://user:***@h:5432/db'],
  ['postgre://user:ge\nheim@h/db', 'postgre://user:***@h/db'],
  ['postgre://h/db?user=me&password=geheim', 'postgre://h/db?user=me&password=***'],
  ['host=h password=geheim dbname=db', 'host=h password=***'],
  ['host=h password=ge@heim dbname=db', '***'],
  ['mysql://h:3306/db', 'mysql://h:3306/db'],
])('of the address %j no part of a password is shown', (DATABASE_URL, shown) => {
  expect(messageOf(() => readSettings({}, {}, { DATABASE_URL }))).toBe(
    `A setting is wrong:\n  DATABASE_URL=${shown} has to be an address such as postgres://user:password@host:5432/database.`,
  );
});

test('a rate is read as calls within a time', () => {
  expect(readSettings({}, {}, { TANDEM_ERP_RATE: '100/10s' }).TANDEM_ERP_RATE).toEqual({
    calls: 100,
    withinMs: 10_000,
  });
});

test('API keys are read with their scopes', () => {
  const sha256 = 'a'.repeat(64);
  const { TANDEM_API_KEYS } = readSettings(
    {},
    {},
    { TANDEM_API_KEYS: `ci:${sha256}:read+sync,all:${sha256}:read+read:cost+read:personal` },
  );
  expect(TANDEM_API_KEYS).toEqual([
    { name: 'ci', sha256, scopes: ['read', 'sync'] },
    { name: 'all', sha256, scopes: ['read', 'read:cost', 'read:personal'] },
  ]);
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}
