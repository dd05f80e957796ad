import { parse } from 'graphql';
import { expect, inject, test } from 'vitest';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { createEngine } from '../../gateway/plan/engine.ts';
import type { SubgraphAnswer, SubgraphCall } from '../../gateway/plan/run.ts';

import { randomFrom } from './random-operation.ts';
import { CALLER } from './run.ts';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@inaccessible"])\n';

const sdl = composeSupergraph([
  {
    name: 'shop',
    url: 'http://shop',
    sdl: `${LINK}
type Query { customers: [Customer!] }
type Customer @key(fields: "id") { id: ID! name: String city: String! mood: Mood rate: Float count: Int! ok: Boolean
  tags: [String!]! lines: [Line!] first: Line account: Account }
type Line { quantity: Int! price: Float! product: Product }
type Product { id: ID! name: String! }
type Account @key(fields: "id") { id: ID! }
enum Mood { GOOD BAD SECRET @inaccessible }`,
  },
  {
    name: 'bank',
    url: 'http://bank',
    sdl: `${LINK}
type Account @key(fields: "id") { id: ID! balance: Float! owner: String }`,
  },
]);

const query = `{ customers { id name city mood rate count ok tags
  lines { quantity price product { id name } } first { price quantity } account { id balance owner } } }`;

const line = '{"quantity":1,"price":1.50,"product":{"id":"p","name":"A \\"B\\" \\u00e9"}}';
const customer = (id: string) =>
  `{"id":"${id}","name":"N ${id}","city":"Oslo","mood":"GOOD","rate":2.0,"count":3,"ok":true,"tags":["a","b"],` +
  `"lines":[${line},${line}],"first":{"price":1e2,"quantity":4},"account":{"__typename":"Account","id":"x${id}"}}`;
const shop = `{"data":{"customers":[${customer('1')},${customer('2')}]}}`;
const bank = '{"data":{"_entities":[{"balance":10.50,"owner":null},{"balance":-0.25,"owner":"Ada"}]}}';

type Texts = { readonly shop: string; readonly bank: string };
type How = 'read' | 'parsed';

const document = parse(query);
const { signal } = new AbortController();
let answering: { readonly texts: Texts; readonly how: How; read: number };
const engine = createEngine(sdl, {
  execute: (call: SubgraphCall): SubgraphAnswer => {
    const text = answering.texts[call.operation.subgraph === 'shop' ? 'shop' : 'bank'];
    const answer = answering.how === 'read' ? call.read?.(text) : null;
    if (answer) answering.read++;
    return answer ?? (JSON.parse(text) as SubgraphAnswer);
  },
  subscribe: async () => ({}),
});

/** Asks with answers that come as these texts; also, how many of them were read without a parser. */
async function ask(texts: Texts, how: How) {
  answering = { texts, how, read: 0 };
  const answer = await engine.executeAsText({ document, caller: CALLER, signal });
  return { text: typeof answer === 'string' ? answer : JSON.stringify(answer), read: answering.read };
}

/** The answer as a client reads it, or which error it ended in. */
async function outcome(texts: Texts, how: How): Promise<string> {
  return ask(texts, how).then(
    ({ text }) => JSON.stringify(JSON.parse(text)),
    (error: Error) => error.name,
  );
}

test('what the client gets as it is stands in the answer as it came, figure for figure', async () => {
  const { text, read } = await ask({ shop, bank }, 'read');
  expect(read).toBe(2);
  expect(text).toContain(
    '"rate":2.0,"count":3,"ok":true,"tags":["a","b"],"lines":[{"quantity":1,"price":1.50,',
  );
  expect(text).toContain(
    '"first":{"price":1e2,"quantity":4},"account":{"id":"x1","balance":10.50,"owner":null}}',
  );
  expect(JSON.parse(text)).toEqual(JSON.parse((await ask({ shop, bank }, 'parsed')).text));
});

const lies: Readonly<Record<string, readonly [string, string]>> = {
  'a null for a value': ['"city":"Oslo"', '"city":null'],
  'a null in a list of values': ['["a","b"]', '["a",null]'],
  'a null deep below': ['"quantity":1,', '"quantity":null,'],
  'a value of an enum that clients may not see': ['"GOOD"', '"SECRET"'],
  'a value that no enum has': ['"GOOD"', '"UGLY"'],
  'a key nobody asked for': ['"city":', '"password":"x","city":'],
  'the same key twice': ['"city":', '"city":"Rome","city":'],
  'another order': ['"price":1e2,"quantity":4', '"quantity":4,"price":1e2'],
  'a key that is missing': ['"mood":"GOOD",', ''],
  spaces: ['"city":"Oslo"', '"city": "Oslo"'],
  'a null for an object': [`"account":{"__typename":"Account","id":"x1"}`, '"account":null'],
  'a list where an object belongs': ['"first":{"price":1e2,"quantity":4}', '"first":[]'],
  'an object where a list belongs': ['"tags":["a","b"]', '"tags":{"a":1}'],
  'errors beside the data': ['}}]}}', '}}]},"errors":[{"message":"half","path":["customers",0,"name"]}]}'],
  'a number beyond doubles': ['"rate":2.0', '"rate":1e400'],
  'a comma too many': ['["a","b"]', '["a","b",]'],
};

test.each(Object.keys(lies))('%s is answered as if it had been parsed', async (name) => {
  const [from, to] = lies[name]!;
  expect(shop).toContain(from);
  const texts = { shop: shop.replaceAll(from, to), bank };
  expect(await outcome(texts, 'read')).toBe(await outcome(texts, 'parsed'));
});

test('however a text is damaged, the answer is that of the parser', async () => {
  const random = randomFrom(inject('seed'));
  const pieces = [
    '"',
    '\\',
    ',',
    '{',
    '}',
    '[',
    ']',
    ':',
    '0',
    '-',
    '.',
    'e',
    'null',
    'true',
    ' ',
    '\n',
    '\u2028',
    '\ud800',
  ];
  const pick = (n: number) => Math.floor(random() * n);
  for (let n = 0; n < 1_500; n++) {
    const which = random() < 0.7 ? 'shop' : 'bank';
    const text = { shop, bank }[which];
    const at = pick(text.length);
    const damaged =
      text.slice(0, at) + (random() < 0.8 ? pieces[pick(pieces.length)] : '') + text.slice(at + pick(3));
    const texts = { shop, bank, [which]: damaged };
    expect(await outcome(texts, 'read'), damaged).toBe(await outcome(texts, 'parsed'));
  }
});
