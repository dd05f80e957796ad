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
