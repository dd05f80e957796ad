import type { WriteFailure } from '../core/connector.ts';
import type { Applied } from './applied.ts';
import type { RecordWrite } from './draft.ts';

/** Lists of writes that stand or fall together: what somebody decided is done on all sides or on none. */
export type Together = readonly (readonly RecordWrite[])[];

/**
 * The order in which writes are sent: what others may refer to comes before orders. Of those that stand or fall together
 * the ERP's updates come first, its orders before all: what is booked and shipped is what a system refuses to change.
 * A record that is written besides is brought back before, and put away after that: a system may refuse to write it else.
 */
export function wavesOf(
  writes: readonly RecordWrite[],
  together: Together,
): readonly (readonly RecordWrite[])[] {
  const updated = new Set(writes.filter(({ action }) => action === 'update').map(nameOf));
  const besides = writes.filter((write) => write.action !== 'update' && updated.has(nameOf(write)));
  const [back, away] = [true, false].map((is) =>
    besides.filter(({ action }) => (action === 'restore') === is),
  );
  const first = together.flat().filter(({ side, action }) => side === 'erp' && action === 'update');
  const rest = writes.filter((write) => !first.includes(write) && !besides.includes(write));
  return [
    back!,
    first.filter(isOrder),
    first.filter((write) => !isOrder(write)),
    rest.filter((write) => !isOrder(write)),
    rest.filter(isOrder),
    away!,
  ].filter((wave) => wave.length > 0);
}

/** Of a create there is no name yet, and nothing else to be written. */
const nameOf = ({ side, entity, id }: RecordWrite): string => `${side}:${entity}:${id}`;

const isOrder = ({ entity }: RecordWrite): boolean => entity === 'Order';

/** Writes that are not to be sent any more, and the failure of the one that they stand or fall with. */
export function unsentOf(
  together: Together,
  applied: readonly Applied[],
): ReadonlyMap<RecordWrite, WriteFailure> {
  const done = new Map(applied.map((each) => [each.write, each]));
  return new Map(
    together.flatMap((list) => {
      const failure = list.map((write) => done.get(write)?.failure).find(Boolean);
      return failure
        ? list.filter((write) => !done.has(write)).map((write) => [write, failure] as const)
        : [];
    }),
  );
}
