import Big, { type RoundingMode } from 'big.js';
import type { Source } from './source.ts';

const modes: Readonly<Record<NonNullable<Source['number']>['mode'], RoundingMode>> = {
  down: 0,
  halfUp: 1,
  halfEven: 2,
  up: 3,
};

/** A number as an exact decimal, multiplied and rounded as declared; undefined where the text is no number. */
export function numberOf(
  text: string,
  { point, group, times, decimals, mode }: NonNullable<Source['number']>,
): string | undefined {
  const plain = (group === undefined ? text : text.replaceAll(group, ''))
    .replace(point, '.')
    .replace(/\s/g, '');
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?$/i.test(plain)) return undefined;
  const product = new Big(plain.replace(/^\+/, '').replace(/\.(?=e|$)/i, '')).times(times ?? '1');
  const rounded = decimals === undefined ? product : product.round(decimals, modes[mode]);
  return rounded.eq(0) ? '0' : rounded.toFixed();
}
