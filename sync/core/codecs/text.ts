import type { Codec } from '../mapping.ts';
import type { Json } from '../types.ts';
import { codec, fitting, isLonger, type Shapes, systemName, unreadable } from './codec.ts';

const plainAlready = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** Trimmed, one space between words, NFC; null where nothing is left. */
export function tidy(text: string): string | null {
  if (plainAlready.test(text)) return text;
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim() || null;
}

const asText = (native: Json): string | null =>
  typeof native === 'string' ? native : typeof native === 'number' ? String(native) : null;

const noText = unreadable('is no text. Correct it where it was typed.');

/** One line of text. Too long for the target is an issue, never a silent cut. */
export const text = (shapes: Shapes): Codec =>
  codec(
    'text',
    (native) => {
      const value = asText(native);
      return value === null ? noText : { value: tidy(value) };
    },
    fitting(shapes),
  );

/** A text that is a key: as `text`, in upper case. */
export const upperText = (shapes: Shapes): Codec =>
  codec(
    'text, upper case',
    (native) => {
      const value = asText(native);
      return value === null ? noText : { value: tidy(value.toUpperCase()) };
    },
    fitting(shapes),
  );

/** A label that may be cut to what the target holds: shown to people, never read back. */
export const label = (shapes: Shapes): Codec => ({
  ...text(shapes),
  name: 'label',
  encode: (value, { side }) => {
    const max = shapes[side]?.max;
    if (typeof value !== 'string' || !isLonger(value, max)) return { value };
    return { value: [...value].slice(0, max).join('').trimEnd() };
  },
  lossy: 'a longer label is cut to what the target holds',
});

/** Text of several lines without mark-up. */
export const plainText = (shapes: Shapes): Codec =>
  codec(
    'plain text',
    (native) => (typeof native === 'string' ? { value: stripped(native) } : noText),
    fitting(shapes),
    { lossy: 'HTML tags are removed' },
  );

const tag = /<\/?[a-z][^<>]*>|<!--[\s\S]*?-->/giu;

function stripped(native: string): string | null {
  let value = native;
  if (value.includes('<')) {
    value = value.replace(/<br\s*\/?>|<\/(?:p|div|li|h[1-6]|tr)>/giu, '\n');
    // taking a tag out may join its neighbours to a new one
    for (let before = ''; before !== value; ) {
      before = value;
      value = value.replace(tag, '');
    }
  }
  return (
    value
      .normalize('NFC')
      .replace(/\r\n?/gu, '\n')
      .replace(/[^\S\n]+$/gmu, '')
      .trim() || null
  );
}

/** Splits a description into pieces of at most `max` characters; `joined` makes the same text of them again. */
export function split(value: string, max: number): readonly string[] {
  const pieces: string[] = [];
  let left = [...value];
  while (left.length > max) {
    const space = left.lastIndexOf(' ', max - 1);
    if (space > 0) {
      pieces.push(left.slice(0, space).join(''));
      left = left.slice(space + 1);
    } else {
      pieces.push(left.slice(0, max).join(''));
      left = left.slice(max);
    }
  }
  return [...pieces, left.join('')];
}

/** A description and its overflow as one text: a full piece was cut inside a word, every other one at a space. */
export const joined = (pieces: readonly string[], max: number): string =>
  pieces.reduce((text, piece, n) => {
    const before = pieces[n - 1];
    if (n === 0 || before === undefined) return piece;
    return text + ([...before].length >= max ? '' : ' ') + piece;
  }, '');

/** A line's description: what is too long for the ERP's line goes on in COMMENT lines attached to it. */
export const description = (shapes: Shapes): Codec => ({
  ...text(shapes),
  name: 'text with overflow',
  encode: (value, context) => {
    const max = shapes[context.side]?.max;
    if (context.side === 'crm' || typeof value !== 'string' || max === undefined)
      return fitting(shapes)(value, context);
    const pieces = split(value, max);
    if (
      tidy(
        joined(
          pieces.map((p) => p.trim()),
          max,
        ),
      ) !== value
    )
      return {
        held: {
          kind: 'unfit',
          message: `has a word of ${max} characters; the ${systemName(context.side)}'s lines hold ${max}. Shorten it.`,
        },
      };
    return { value: pieces[0] ?? null };
  },
});
