import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { badInput } from '../system/arguments.ts';
import type { SyncContext } from './context.ts';
import { parseId } from './ids.ts';
import type { Sql } from './rows.ts';

/** Characters of a reason. */
const longestReason = 500;

/**
 * Does what a person asks and keeps it in the audit trail: written down before it is begun, so that a process that dies
 * over it leaves its trace, and completed with what came of it. What writes nothing leaves none.
 */
export async function audited<T>(
  { sql, actor, correlationId }: SyncContext,
  name: string,
  args: Readonly<Record<string, unknown>>,
  act: () => Promise<T>,
): Promise<T> {
  const { reason, mode, ...subject } = args;
  if (typeof reason === 'string' && reason.length > longestReason)
    throw badInput(`A reason has at most ${longestReason} characters, not ${reason.length}`, ['reason']);
  const isRun = name.startsWith('start');
  const asked: Asked = { name, subject: withoutValues(isRun ? { ...subject, mode } : subject) };
  if (mode === 'PREVIEW' && !isRun) {
    const planned = await act();
    await nameThePlan(sql, planned, asked);
    return planned;
  }
  const shown = name === 'applyPlan' ? await askedOfPlan(sql, asked, String(subject.token)) : asked;
  const id = randomUUID();
  await sql`
    insert into sync.act (id, name, actor, reason, subject, link_id, correlation_id)
    values (${id}, ${shown.name}, ${actor}, ${(reason as string | null | undefined) ?? null},
      ${JSON.stringify(shown.subject)}::text::jsonb, ${linkNamed(shown.subject)}, ${correlationId})`;
  const result = await act().catch(async (error: unknown) => {
    const code = error instanceof GraphQLError ? String(error.extensions.code ?? 'INTERNAL') : 'INTERNAL';
    await close(sql, id, { outcome: 'refused', code, detail: null, link: null });
    throw error;
  });
  // What was done is not told as refused where its end can't be written: it stays open, as after a death.
  await close(sql, id, { outcome: 'done', code: null, detail: tellingOf(result), link: linkOf(result) });
  return result;
}

/** A mutation as the trail tells of it. */
interface Asked {
  readonly name: string;
  readonly subject: Readonly<Record<string, unknown>>;
}

/** Keeps with the plans of a preview what was asked, for the day on which one is applied by its token alone. */
async function nameThePlan(sql: Sql, planned: unknown, asked: Asked): Promise<void> {
  const tokens = [planned].flat().flatMap((result) => {
    const token = (result as Told | null | undefined)?.planToken;
    return typeof token === 'string' ? [token] : [];
  });
  if (tokens.length > 0)
    await sql`
      update sync.planned_act set asked = ${JSON.stringify(asked)}::text::jsonb where token = any(${tokens}::text[])`;
}

/** What was previewed under a token, and the token; `applyPlan` itself where nobody knows the token any more. */
async function askedOfPlan(sql: Sql, applying: Asked, token: string): Promise<Asked> {
  const [plan] = await sql<{ asked: Asked | null }[]>`
    select asked from sync.planned_act where token = ${token}`;
  if (!plan?.asked) return applying;
  return { name: plan.asked.name, subject: { ...plan.asked.subject, plan: token } };
}

async function close(
  sql: Sql,
  id: string,
  to: {
    readonly outcome: 'done' | 'refused';
    readonly code: string | null;
    readonly detail: object | null;
    readonly link: string | null;
  },
): Promise<void> {
  await sql`
    update sync.act set outcome = ${to.outcome}, code = ${to.code}, link_id = coalesce(link_id, ${to.link}),
      detail = ${to.detail === null ? null : JSON.stringify(to.detail)}::text::jsonb, ended_at = now()
    where id = ${id}`;
}

/** What was typed may be anybody's data: of a choice only the field and whose value was taken are kept. */
function withoutValues(subject: Readonly<Record<string, unknown>>): Asked['subject'] {
  const given = Object.entries(subject).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    given.map(([name, value]) =>
      name === 'choices' && Array.isArray(value)
        ? [name, value.map(({ field, take }: { field: string; take: string }) => ({ field, take }))]
        : [name, value],
    ),
  );
}

/** The link that the arguments name, by its own id or the unified record's. */
function linkNamed({ id }: Readonly<Record<string, unknown>>): string | null {
  const parsed = typeof id === 'string' ? parseId(id) : null;
  return parsed !== null && ofLinks.has(parsed.kind) ? parsed.id : null;
}

const ofLinks: ReadonlySet<string> = new Set([
  'Link',
  'Customer',
  'Contact',
  'Product',
  'Quote',
  'Order',
  'User',
]);

type Told = Readonly<Record<string, unknown>>;

/** The first pair that a result is about. */
function linkOf(result: unknown): string | null {
  const [first] = Array.isArray(result) ? result : [result];
  const id = (first as Told | null | undefined)?.linkId;
  return typeof id === 'string' ? id : null;
}

/** Outcomes, counts, a proof and ids of what was made: nothing that a record says. */
function tellingOf(result: unknown): object | null {
  if (Array.isArray(result)) return { outcomes: result.map((each: Told) => each.outcome) };
  if (typeof result !== 'object' || result === null) return null;
  const told = Object.entries(result).filter(
    ([name, value]) => tellable.has(name) && ['string', 'number'].includes(typeof value),
  );
  const { rules, checkpoint, id } = result as Told;
  return {
    ...Object.fromEntries(told),
    ...(checkpoint !== undefined && { run: `Run_${String(id)}` }),
    ...(Array.isArray(rules) &&
      rules.length > 0 && { rules: rules.map(({ id }: { readonly id: string }) => `Rule_${id}`) }),
  };
}

const tellable: ReadonlySet<string> = new Set([
  'outcome',
  'matched',
  'applied',
  'failed',
  'records',
  'links',
  'proof',
  'rule',
  'kind',
  'state',
]);
