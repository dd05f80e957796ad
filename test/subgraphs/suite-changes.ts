import { type ExecutionResult, parse, subscribe } from 'graphql';
import { describe, expect, it } from 'vitest';
import { rootPrefix } from '../../subgraphs/system/names.ts';
import type { Caller } from '../../subgraphs/system/rights.ts';
import type { Ground } from './ground.ts';

type Told = ExecutionResult<{
  readonly change: Readonly<Record<'cursor' | 'entity' | 'id' | 'kind' | 'version', string>>;
}>;

/** The subscription of changes: no hole after a cursor, an end when asked, a code for what is too old. */
export function describeChanges(ground: Ground): void {
  const { subject } = ground;
  const { system, subgraph, put } = subject;
  const open = async (after?: string, caller: Caller | null = null) => {
    const field = `${rootPrefix(system.shape)}Changes`;
    const stream = await subscribe({
      schema: subgraph.schema,
      document: parse(
        `subscription($after: Cursor) { change: ${field}(after: $after) { cursor entity id kind at actor version } }`,
      ),
      variableValues: after === undefined ? {} : { after },
      contextValue: subgraph.context(caller),
    });
    return stream as AsyncGenerator<Told>;
  };
  const next = async (stream: AsyncGenerator<Told>) =>
    (await stream.next()).value.data.change as NonNullable<Told['data']>['change'];

  describe('the subscription of changes', () => {
    it('resumes after a cursor without a hole, and ends when its reader leaves', async () => {
      const start = (await system.head())!;
      const made = [];
      for (const name of ['Feed 1', 'Feed 2', 'Feed 3']) made.push(await put('Customer', { name }));
      const first = await open(start);
      const one = await next(first);
      expect(one).toMatchObject({
        entity: 'CUSTOMER',
        kind: 'CREATED',
        id: made[0]!.id,
        version: made[0]!.version,
      });
      await first.return(undefined);
      const rest = await open(one.cursor);
      expect([(await next(rest)).id, (await next(rest)).id]).toEqual([made[1]!.id, made[2]!.id]);
      const waiting = rest.next();
      await rest.return(undefined);
      expect((await waiting).done).toBe(true);
    });

    it('tells a cursor that is too old by its code, with the oldest one that works, and ends', async () => {
      const old = (await system.head())!;
      await put('Customer', { name: 'Feed 4' });
      const oldest = await system.head();
      await system.prune('0 seconds');
      const stream = await open(old);
      const { value } = await stream.next();
      expect(value?.errors?.[0]?.extensions).toMatchObject({ code: 'CURSOR_EXPIRED', oldest });
      expect((await stream.next()).done).toBe(true);
    });

    it('refuses what is no cursor of the feed', async () => {
      const stream = await open('junk');
      expect((await stream.next()).value?.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    });

    it('asks for the right to read', async () => {
      const refused = await open(undefined, { subject: 'w', scopes: ['write'] });
      expect((refused as never as Told).errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    });
  });
}
