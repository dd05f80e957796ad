import { expect, test } from 'vitest';
import { masked, maskedText } from '../../sync/core/secrets.ts';

const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';
const basic = btoa('anna:hunter2');

test.each([
  [`refused Bearer ${token}`, 'refused Bearer ***'],
  [`Authorization: Basic ${basic}, retry`, 'Authorization: Basic ***, retry'],
  ['Authorization: hunter2', 'Authorization: ***'],
  ['Authorization: Session anna:17:hunter2', 'Authorization: ***'],
  ['at https://anna:hunter2@erp.example/db', 'at https://anna:***@erp.example/db'],
  ['GET /orders?api_key=hunter2&page=2', 'GET /orders?api_key=***&page=2'],
  ['{"password":"hunter2","name":"Anna"}', '{"password":"***","name":"Anna"}'],
  ['{\\"client_secret\\":\\"hunter2\\"}', '{\\"client_secret\\":\\"***\\"}'],
  ["{'access_token': 'hunter2'}", "{'access_token': '***'}"],
  ['X-API-Key: hunter2', 'X-API-Key: ***'],
  // Each alone: a token of any shape after its word, and a signed one without any.
  ['refused Bearer  hunter2.hunter2~3/4=', 'refused Bearer ***'],
  [`the token was ${token}.`, 'the token was ***.'],
  [`unsigned: ${token.split('.').slice(0, 2).join('.')}.`, 'unsigned: ***'],
  [`asked with Basic   ${basic}`, 'asked with Basic ***'],
])('%s', (text, shown) => {
  expect(maskedText(text)).toBe(shown);
  expect(maskedText(shown), 'once is enough').toBe(shown);
});

test.each([
  'Safety helmet Basic Wellingtons',
  'Basic Plus 2000',
  // Pairs by their colon alone, and letters that are no Base64.
  `Basic ${btoa('\x01anna:hunter2')}`,
  `Basic ${btoa('anna:hunter2\x01')}`,
  'Basic Grade5',
  'Basic terms',
  'Bearer of arms',
  'Token ring adapter',
  'Secretary: Anna Lund, secretary=Lund',
  'a session of two hours',
  'post@customer.example',
  'phone "22 33 44 55" is no phone number that E.164 can hold. Write it with its country code.',
  'https://shop.example:8443/a?page=2',
])('%s is what people write', (text) => expect(maskedText(text)).toBe(text));

test('of data: by name, and within texts, however deep', () => {
  expect(
    masked({
      headers: { Authorization: 'x', 'x-api-key': 'y', accept: 'json' },
      list: [{ Password: 'z', note: `see Bearer ${token}` }, null, 7, true],
      secret: null,
      token: { of: 'any', shape: 1 },
    }),
  ).toEqual({
    headers: { Authorization: '***', 'x-api-key': '***', accept: 'json' },
    list: [{ Password: '***', note: 'see Bearer ***' }, null, 7, true],
    secret: null,
    token: '***',
  });
});
