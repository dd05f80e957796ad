import type { EntityModel } from './model.ts';
import type { Item } from './prepare.ts';
import type { Run } from './sql-text.ts';

/** Numbers taken for a batch, given out in turn. */
export interface Numbers {
  next: number;
  format(n: number): string;
}

/**
 * Takes numbers for the new records that name none, and moves the series past numbers that are given. It is a
 * transaction of its own whose commit need not reach the disk: the batch's commit comes later in the same log.
 */
export async function nextNumbers(
  run: Run,
  schema: string,
  model: EntityModel,
  creates: readonly Item[],
): Promise<Numbers | null> {
  const { series, name } = model.table.entity;
  if (!series || creates.length === 0) return null;
  const form = new RegExp(`^${series.prefix}(\\d{1,15})$`);
  let wanted = 0;
  let highest = 0;
  for (const { given } of creates) {
    const number = given[series.property];
    if (typeof number !== 'string') wanted++;
    else highest = Math.max(highest, Number(form.exec(number)?.[1] ?? 0));
  }
  if (wanted === 0 && highest === 0) return null;
  const [row] = await run(
    `with quick as materialized (select set_config('synchronous_commit', 'off', true))
     insert into "${schema}".series as s (entity, next) select $1::text, $3::bigint + 1 + $2::bigint from quick
     on conflict (entity) do update set next = greatest(s.next, $3::bigint + 1) + $2::bigint
     returning (next - $2::bigint)::float8 as first`,
    [name, wanted, highest],
  );
  return {
    next: row!.first as number,
    format: (n) => series.prefix + String(n).padStart(series.digits, '0'),
  };
}
