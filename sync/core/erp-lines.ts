import Big from 'big.js';
import { decimalOf } from './codecs/numbers.ts';
import { joined, split } from './codecs/text.ts';
import type { LineChange } from './connector.ts';
import type { Mapping } from './mapping.ts';
import type { Json, Side } from './types.ts';

type Fields = Readonly<Record<string, Json>>;
type ChargeLine = NonNullable<Mapping['chargeLine']>;

/** Characters of a description on one line of the ERP; what is longer goes on in COMMENT lines. */
const descriptionLength = 100;

const linesOf = (document: Fields): readonly Fields[] =>
  Array.isArray(document.lines) ? (document.lines as readonly Fields[]) : [];

const isAttached = (line: Fields, ids: ReadonlySet<Json | undefined>): boolean =>
  line.type === 'COMMENT' && ids.has(line.attachedTo);

/** The lines of a document that have a counterpart: in the ERP neither the freight nor what belongs to another line. */
export function ownLines(document: Fields, side: Side, mapping: Mapping): readonly Fields[] {
  const lines = linesOf(document);
  if (side === 'crm') return lines;
  const ids = new Set(lines.map((line) => line.lineId));
  return lines
    .filter((line) => line.lineCode !== mapping.chargeLine?.code || line.type !== 'CHARGE')
    .filter((line) => !isAttached(line, ids));
}

const commentsOf = (lines: readonly Fields[], lineId: Json | undefined): readonly Fields[] =>
  lines
    .filter((line) => line.type === 'COMMENT' && line.attachedTo === lineId)
    .sort((a, b) => Number(a.position ?? 0) - Number(b.position ?? 0));

/** An ERP line with the COMMENT lines attached to it folded back into its description. */
export function folded(line: Fields, document: Fields): Fields {
  const comments = commentsOf(linesOf(document), line.lineId);
  if (comments.length === 0) return line;
  const pieces = [line, ...comments].map(({ description }) => String(description ?? ''));
  return { ...line, description: joined(pieces, descriptionLength) };
}

/** Adds, changes and removes the COMMENT lines of a line, so that they carry what its description can't hold. */
export function commentChanges(lines: readonly Fields[], lineId: string, text: Json): readonly LineChange[] {
  const there = commentsOf(lines, lineId);
  const wanted = typeof text === 'string' ? split(text, descriptionLength).slice(1) : [];
  const changes: LineChange[] = [];
  for (const [n, description] of wanted.entries()) {
    const comment = there[n];
    if (!comment) {
      const fields = { type: 'COMMENT', attachedTo: lineId, position: n + 1, description };
      changes.push({ kind: 'add', fields });
    } else if (comment.description !== description)
      changes.push({ kind: 'change', lineId: String(comment.lineId), fields: { description } });
  }
  for (const comment of there.slice(wanted.length))
    changes.push({ kind: 'remove', lineId: String(comment.lineId) });
  return changes;
}

/** Removes a line; in the ERP with the COMMENT lines attached to it, which without it would read as lines of their own. */
export const lineRemoval = (document: Fields, side: Side, lineId: string): readonly LineChange[] => [
  { kind: 'remove', lineId },
  ...(side === 'erp' ? commentChanges(linesOf(document), lineId, null) : []),
];

const chargeIn = (document: Fields, code: string): Fields | undefined =>
  linesOf(document).find((line) => line.lineCode === code && line.type === 'CHARGE');

/**
 * The amount of a charge line less its discount, null where there is none; undefined where the document shows no lines at
 * all. Its price may be finer than its currency; what it comes to is not.
 */
export function chargeOf(document: Fields, code: string, decimals: number): Json | undefined {
  if (!Array.isArray(document.lines)) return undefined;
  const line = chargeIn(document, code);
  if (!line) return null;
  const price = new Big(numberOr('0', line.unitPrice));
  const gross = price.times(numberOr('1', line.quantity)).round(decimals, Big.roundHalfUp);
  const amount = gross.minus(numberOr('0', line.lineDiscountAmount));
  return amount.eq(0) ? null : amount.toFixed();
}

/** A decimal of the ERP, or what stands for one that it does not show. */
const numberOr = (otherwise: string, native: Json | undefined): string =>
  decimalOf(native ?? null) ?? otherwise;

/** What makes the charge line show an amount; null where it does already. */
export function chargeChange(
  document: Fields,
  charge: ChargeLine,
  amount: Json,
  decimals: number,
): LineChange | null {
  const line = chargeIn(document, charge.code);
  const wanted = numberOr('0', amount);
  if (wanted === '0') return line ? { kind: 'remove', lineId: String(line.lineId) } : null;
  const fields = { quantity: '1', unitPrice: wanted, ...(isDiscounted(line) && undiscounted) };
  if (!line) {
    const made = { type: 'CHARGE', lineCode: charge.code, description: charge.description, ...fields };
    return { kind: 'add', fields: made };
  }
  return chargeOf(document, charge.code, decimals) === wanted
    ? null
    : { kind: 'change', lineId: String(line.lineId), fields };
}

// By percent alone where the line came to nothing so far.
const isDiscounted = (line: Fields | undefined): boolean =>
  [line?.lineDiscountAmount, line?.lineDiscountPercent].some((value) => numberOr('0', value) !== '0');

const undiscounted = { lineDiscountPercent: null, lineDiscountAmount: null } as const;
