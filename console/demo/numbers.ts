import type { Chance } from './random.ts';

/** A registration number with a true check digit, for Norway and Sweden; null elsewhere. */
export function orgNumberOf(country: string, chance: Chance): string | null {
  if (country === 'NO') return norwegian(chance);
  if (country === 'SE') return swedish(chance);
  return null;
}

/** A GTIN-13 with its check digit. */
export function gtinOf(n: number): string {
  const stem = `7035${String(20_000_000 + n * 37)}`.slice(0, 12);
  const sum = [...stem].reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 1 : 3), 0);
  return `${stem}${(10 - (sum % 10)) % 10}`;
}

function norwegian(chance: Chance): string {
  for (;;) {
    const stem = `9${String(10_000_000 + chance.below(9_999_999)).slice(1)}`;
    const sum = [3, 2, 7, 6, 5, 4, 3, 2].reduce((total, weight, at) => total + weight * Number(stem[at]), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check < 10) return `${stem}${check}`;
  }
}

function swedish(chance: Chance): string {
  const stem = `556${String(1_000_000 + chance.below(999_999)).slice(1)}`;
  const sum = [...stem].reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${stem}${(10 - (sum % 10)) % 10}`;
}
