import { expect, test } from 'vitest';
import { patternsOf, telling } from '../../sync/core/told-of.ts';

const known = {
  firstNames: new Set(['Kari']),
  lastNames: new Set(['Moe']),
  whole: new Set(['Ice', 'kari@moe.example', '914 226 183']),
  phones: new Set(['+47 99 11 22 33']),
};
/** As the store puts it into texts. */
const cleaned = (text: string): string => text.replace(telling(patternsOf(known)), 'erased');

test.each([
  ['Kari Moe wrote', 'erased wrote'],
  ['by MOE, Kari.', 'by erased.'],
  ['Kari Anne Moe', 'erased'],
  ['(kari@moe.example)', '(erased)'],
  ['mailto:KARI@moe.example?subject=x', 'mailto:erased?subject=x'],
  ['Ice, of 914 226  183', 'erased, of erased'],
  ['99112233, 0047 99112233, 99 11-22 33', 'erased, erased, erased'],
])('of a person is told by %j', (text, left) => {
  expect(cleaned(text)).toBe(left);
});

// A namesake, a colleague, or a word that holds the name.
test.each([
  'Kari Moen wrote',
  'Okari Moe wrote',
  'ola.kari@moe.example',
  'ola-kari@moe.example',
  'kari@moe.examples',
  'the Office of Iceland, Service',
  'Isøice',
  'Kari wrote, Moe did not',
  '991122334',
])('of somebody else is told by %j', (text) => {
  expect(cleaned(text)).toBe(text);
});

// Of a value and a longer one that begins with it, the longer goes as a whole.
test('the longest value is looked for first', () => {
  const none = new Set<string>();
  const of = { firstNames: none, lastNames: none, phones: none, whole: new Set(['Ice', 'Ice & Cream']) };
  expect('Ice & Cream'.replace(telling(patternsOf(of)), 'erased')).toBe('erased');
});

test('two letters or five digits tell of nobody, and three or six do', () => {
  const none = new Set<string>();
  const whole = new Set([' AB ', 'ABC']);
  const phones = new Set(['1-23-45', '12 34 56']);
  const patterns = patternsOf({ firstNames: none, lastNames: none, whole, phones });
  expect('AB, ABC, 12345, 1234-56'.replace(telling(patterns), 'erased')).toBe('AB, erased, 12345, erased');
});

test('signs of a value mean themselves', () => {
  const none = new Set<string>();
  const of = { firstNames: none, lastNames: none, phones: none, whole: new Set(['A+B (Nord).*']) };
  expect('A+B (Nord).*; AAB Nordxx'.replace(telling(patternsOf(of)), 'erased')).toBe('erased; AAB Nordxx');
});
