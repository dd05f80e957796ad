import { encodeLine, encodeWrite } from '../core/decode.ts';
import type { Mapping } from '../core/mapping.ts';
import type { Held, Side, Values } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import type { LineOp } from './draft.ts';
import { type PlanContext, refOfLink } from './work.ts';

/** What a link writes on one of its documents. */
export interface Written {
  readonly values: Values;
  readonly lines: readonly LineOp[];
}

/** What of that the document can hold. */
export type Fitting = (
  of: { readonly mapping: Mapping; readonly link: LinkRow },
  side: Side,
  written: Written,
) => Written;

/**
 * Leaves out what a document can't hold of a write: nobody will see it there. A reference that waits stays, since its
 * record may come in this very step.
 */
export const fittingIn =
  ({ records, lookup }: Pick<PlanContext, 'records' | 'lookup'>): Fitting =>
  ({ mapping, link }, side, { values, lines }) => {
    const ref = refOfLink(mapping, link, side);
    const current = ref && records.get(ref);
    const header = encodeWrite(mapping, side, values, { lookup, current });
    const document = current?.fields ?? header.fields;
    return {
      values: without(values, header.held),
      lines: lines.map((op) => {
        if (op.kind === 'remove') return op;
        const { held } = encodeLine(mapping, side, op.values, { lookup, document, lineId: op.lineId });
        return { ...op, values: without(op.values, held) };
      }),
    };
  };

function without(values: Values, held: readonly Held[]): Values {
  const unfit = new Set(held.flatMap(({ kind, field }) => (kind === 'waits' ? [] : [field])));
  if (unfit.size === 0) return values;
  return Object.fromEntries(Object.entries(values).filter(([field]) => !unfit.has(field)));
}
