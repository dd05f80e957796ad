import type { Codec } from '../mapping.ts';
import { type CountryAt, countryIn } from './address.ts';
import { codec, fitting, isEmpty, type Shapes, unreadable } from './codec.ts';
import { countries } from './countries.ts';

/** Registration numbers of a country: how many digits, and whether they check. */
interface Register {
  readonly digits: number;
  readonly name: string;
  readonly checks: (digits: readonly number[]) => boolean;
}

const sum = (digits: readonly number[], weights: readonly number[]): number =>
  weights.reduce((total, weight, n) => total + weight * (digits[n] ?? 0), 0);

const mod11 =
  (weights: readonly number[]) =>
  (digits: readonly number[]): boolean => {
    // Ten is no digit: such numbers are not given out.
    const check = (11 - (sum(digits, weights) % 11)) % 11;
    return check === digits[weights.length];
  };

/** Luhn's check over all digits, the last of which is the check digit. */
export const luhn = (digits: readonly number[]): boolean =>
  [...digits].reverse().reduce((total, digit, n) => {
    const doubled = n % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0) %
    10 ===
  0;

const registers: Readonly<Record<string, Register>> = {
  NO: { digits: 9, name: 'NO mod 11', checks: mod11([3, 2, 7, 6, 5, 4, 3, 2]) },
  SE: { digits: 10, name: 'SE Luhn', checks: luhn },
  DK: { digits: 8, name: 'DK mod 11', checks: (d) => sum(d, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0 },
  FI: { digits: 8, name: 'FI mod 11', checks: mod11([7, 9, 10, 5, 8, 4, 2]) },
  FR: { digits: 9, name: 'FR Luhn', checks: luhn },
  BE: {
    digits: 10,
    name: 'BE mod 97',
    checks: (d) => 97 - (Number(d.slice(0, 8).join('')) % 97) === Number(d.slice(8).join('')),
  },
  CH: { digits: 9, name: 'CH mod 11', checks: mod11([5, 4, 3, 2, 7, 6, 5, 4]) },
};

/** A registration number: digits only where the country's register has only digits, with its check. */
export const orgNumber =
  (at: CountryAt | null) =>
  (shapes: Shapes): Codec =>
    codec(
      'registration number',
      (native, context) => {
        const typed = String(native).toUpperCase();
        const country = countryIn(at, context);
        const register = country === undefined ? undefined : registers[country];
        if (!register) return { value: typed.replace(/[^\p{L}\p{N}]/gu, '') || null };
        const value = typed.replace(/\D/gu, '');
        const digits = [...value].map(Number);
        if (digits.length !== register.digits)
          return unreadable(
            `has ${digits.length} digits; a number of ${country} has ${register.digits}. Correct it.`,
          );
        if (!register.checks(digits)) return unreadable(`fails the check (${register.name}). Correct it.`);
        return { value };
      },
      fitting(shapes),
    );

/** Prefix of a country's VAT numbers: the country code but for Greece. */
const prefixOf = (country: string): string => (country === 'GR' ? 'EL' : country);

const isPrefix = (text: string): boolean => text === 'EL' || text === 'XI' || countries.has(text);

/** A VAT number with its country's prefix, which the ERP leaves out where it follows from the billing country. */
export const vatNumber =
  (at: CountryAt) =>
  (shapes: Shapes): Codec => {
    const whole = (typed: string, country: string | undefined): string | null => {
      const value = typed.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');
      if (value === '' || country === undefined) return value || null;
      const prefix = prefixOf(country);
      const bare = !value.startsWith(prefix) && !(isPrefix(value.slice(0, 2)) && /^..\p{L}?\d/u.test(value));
      return bare ? prefix + value : value;
    };
    const short = (value: string, country: string | undefined): string => {
      if (country === undefined || !value.startsWith(prefixOf(country))) return value;
      const rest = value.slice(prefixOf(country).length);
      return !isEmpty(rest) && whole(rest, country) === value ? rest : value;
    };
    return codec(
      'VAT number',
      (native, context) => ({ value: whole(String(native), countryIn(at, context)) }),
      (value, context) => {
        const typed = context.side === 'crm' ? value : short(String(value), countryIn(at, context));
        return fitting(shapes)(typed, context);
      },
      {
        spellings: (value, context) => [
          ...new Set([
            short(String(value), countryIn(at, context)),
            String(value),
            String(value).replace(/^[A-Z]{2}/u, ''),
          ]),
        ],
      },
    );
  };

/** A GTIN of 8, 12, 13 or 14 digits, padded to 14, with its GS1 check digit. */
export const gtin = (shapes: Shapes): Codec =>
  codec(
    'GTIN',
    (native) => {
      const value = String(native).replace(/[\s-]/gu, '');
      if (!/^(?:\d{8}|\d{12,14})$/u.test(value))
        return unreadable('is no GTIN: that has 8, 12, 13 or 14 digits. Correct it.');
      const padded = value.padStart(14, '0');
      const total = [...padded].reduce((all, digit, n) => all + Number(digit) * (n % 2 === 0 ? 3 : 1), 0);
      return total % 10 === 0 ? { value: padded } : unreadable('fails the GS1 check digit. Correct it.');
    },
    fitting(shapes),
    {
      spellings: (value) => {
        const padded = String(value);
        const shorter = [13, 12, 8].filter((n) => /^0*$/u.test(padded.slice(0, 14 - n)));
        return [padded, ...shorter.map((n) => padded.slice(14 - n))];
      },
    },
  );
