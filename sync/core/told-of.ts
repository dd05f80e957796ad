/** What is known of a person by which a text may tell of him: values he has or had, in any writing. */
export interface PersonalValues {
  readonly firstNames: ReadonlySet<string>;
  readonly lastNames: ReadonlySet<string>;
  /** Names as a whole, e-mail addresses and numbers of registers. */
  readonly whole: ReadonlySet<string>;
  readonly phones: ReadonlySet<string>;
}

/** The least that tells of one person and no other: three letters, or six digits. */
const least = { text: 3, digits: 6 };

/** Digits of a phone that are the person's own: what is before them is the country's, and often left out. */
const ownDigits = 8;

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** A name's words may stand with whatever space between them. */
const spaced = (text: string): string => text.trim().split(/\s+/u).map(literally).join(String.raw`\s+`);

/** Digits with what people put between them. */
const dialled = (phone: string): string =>
  [...phone.replaceAll(/\D/gu, '').slice(-ownDigits)].join(String.raw`[-\s().\/]*`);

/** Not within a word that somebody else's name, or anything, may be. An address has further signs before its words. */
const asWord = (text: string): string =>
  text.includes('@') ? `(?<![\\w.+-])${text}(?![\\w-])` : `(?<![\\w])${text}(?![\\w])`;

/**
 * Regular expressions, the longest first, for what in a free text tells of the person: full names in either order, e-mail
 * addresses, phones however they are written. A first or a last name alone may be anybody's and is none of them. As
 * PostgreSQL reads them; `telling` makes them ours.
 */
export function patternsOf({ firstNames, lastNames, whole, phones }: PersonalValues): readonly string[] {
  const names = [...firstNames].flatMap((first) =>
    [...lastNames].flatMap((last) => [
      `${spaced(first)}(?:\\s+[^\\s,;:"]+)?\\s+${spaced(last)}`,
      `${spaced(last)},?\\s+${spaced(first)}`,
    ]),
  );
  const texts = [...whole].filter((text) => text.trim().length >= least.text).map(spaced);
  const numbers = [...phones]
    .filter((phone) => phone.replaceAll(/\D/gu, '').length >= least.digits)
    .map((phone) => `(?<![0-9])(?:(?:\\+|00)?[0-9]{1,3}[-\\s().\\/]*)?${dialled(phone)}(?![0-9])`);
  return [...new Set([...[...names, ...texts].map(asWord), ...numbers])].sort((a, b) => b.length - a.length);
}

/** The same expressions as one of ours, whose own `\w` knows English letters alone. */
export const telling = (patterns: readonly string[]): RegExp =>
  new RegExp(patterns.join('|').replaceAll(String.raw`\w`, String.raw`\p{L}\p{N}_`), 'giu');
