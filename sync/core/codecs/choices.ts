import type { Codec } from '../mapping.ts';
import { classOf, isCoarse, type StateMap } from '../state-maps.ts';
import type { Json } from '../types.ts';
import { codec, unreadable } from './codec.ts';

/**
 * CRM value to ERP values, the first of which is written. A finer ERP value that means the same stays. Where several
 * CRM values share an ERP value, it is read as the first of them.
 */
export function choice(pairs: Readonly<Record<string, readonly Json[]>>, erpProperty?: string): Codec {
  const reads = new Map<Json, string>();
  for (const [value, natives] of Object.entries(pairs))
    for (const native of natives) if (!reads.has(native)) reads.set(native, value);
  const folded = Object.entries(pairs).filter(([value, natives]) => reads.get(natives[0] ?? null) !== value);
  return codec(
    'choice',
    (native, { side }) => {
      const value = side === 'erp' ? reads.get(native) : String(native);
      if (value === undefined || !Object.hasOwn(pairs, value))
        return unreadable(`is none of ${Object.keys(pairs).join(', ')}. Correct it.`);
      return side === 'erp' && pairs[value]!.length > 1 ? { value, finer: native } : { value };
    },
    (value, { side, fields }) => {
      if (side === 'crm') return { value };
      const natives = pairs[String(value)] ?? [];
      const stands = erpProperty === undefined ? undefined : fields[erpProperty];
      return { value: stands !== undefined && natives.includes(stands) ? stands : (natives[0] ?? null) };
    },
    folded.length > 0
      ? {
          lossy: folded
            .map(([value, [native]]) => `${value} is ${native} in the ERP, like ${reads.get(native ?? null)}`)
            .join('; '),
        }
      : {},
  );
}

/** Values that are the same on both sides. */
export const sameChoice = (...values: readonly string[]): Codec =>
  choice(Object.fromEntries(values.map((value) => [value, [value]])));

/** True or false; what is no boolean is unreadable. */
export const flag = codec('boolean', (native) =>
  typeof native === 'boolean' ? { value: native } : unreadable('is neither true nor false. Correct it.'),
);

/** True on one side is false on the other: active and blocked. */
export const inverseFlag = codec(
  'inverse boolean',
  (native, { side }) =>
    typeof native === 'boolean'
      ? { value: side === 'erp' ? !native : native }
      : unreadable('is neither true nor false. Correct it.'),
  (value, { side }) => ({ value: side === 'erp' ? !value : value }),
);

/** A status: canonical are the CRM's names; a finer ERP state that means the same stays. */
export function status(map: StateMap): Codec {
  const shared = Object.keys(map.states).filter((state) => map.reads[classOf(map, state)] !== state);
  return codec(
    `state map ${map.name}`,
    (native, { side }) => {
      // To an order, the proposal it takes over has no state yet: the order's own is written there.
      if (side === 'erp' && map.name === 'B' && native === 'PROPOSAL') return { none: true };
      const value = side === 'erp' ? map.reads[String(native)] : String(native);
      if (value === undefined || !Object.hasOwn(map.states, value))
        return unreadable(`is no state of map ${map.name}. Correct it.`);
      return side === 'erp' && isCoarse(map, value) ? { value, finer: native } : { value };
    },
    (value, { side, fields }) => {
      if (side === 'crm') return { value };
      const stands = fields.status;
      const natives = map.states[String(value)]?.erp ?? [];
      return {
        value: typeof stands === 'string' && natives.includes(stands) ? stands : classOf(map, String(value)),
      };
    },
    shared.length > 0 ? { lossy: `the ERP does not tell ${shared.join(', ')} apart from others` } : {},
  );
}
