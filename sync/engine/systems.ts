import type { Connector } from '../core/connector.ts';
import { sides } from '../core/sides.ts';
import type { Side } from '../core/types.ts';
import type { Sql } from '../store/sql.ts';
import { type BudgetState, createBudget } from './budget.ts';
import { type BreakerState, createGuard, type Guard } from './guard.ts';
import { inTime } from './in-time.ts';

/** Both systems as the engine speaks to them: every call in time, within the rate budget, behind a breaker. */
export interface Systems {
  readonly guards: Readonly<Record<Side, Guard>>;
  readonly connectors: Readonly<Record<Side, Connector>>;
  /** Whether each system answers, and since when it does not. */
  breakers(): Readonly<Record<Side, BreakerState>>;
  /** How each system's rate budget stands; null where it has none. */
  budgets(): Promise<Readonly<Record<Side, BudgetState | null>>>;
}

/** What the systems are opened over. */
export interface SystemsOptions {
  readonly sql: Sql;
  readonly connectors: Readonly<Record<Side, Connector>>;
  /** How long a system may take for one call, in ms; default 90,000. */
  readonly callMs?: number | undefined;
  readonly log: { error(detail: object, message: string): void };
}

/** Opens both; once `signal` aborts, nobody waits for a budget any more. */
export function openSystems({ sql, connectors, callMs, log }: SystemsOptions, signal: AbortSignal): Systems {
  const budgets = onBoth((side) => createBudget(sql, side, inTime(side, connectors[side], callMs), signal));
  const guards = onBoth((side) =>
    createGuard(side, budgets[side], (state) => log.error({ side, ...state }, inWords(side, state)), signal),
  );
  return {
    guards,
    connectors: onBoth((side) => guards[side].connector),
    breakers: () => onBoth((side) => guards[side].state()),
    async budgets() {
      const [crm, erp] = await Promise.all(sides.map((side) => budgets[side].state()));
      return { crm: crm!, erp: erp! };
    },
  };
}

function inWords(side: Side, { open, heldUp }: BreakerState): string {
  if (open) return `${side} does not answer; its work waits`;
  if (heldUp.length === 0) return `${side} answers again`;
  return `${side} holds up ${heldUp.map(({ entity }) => entity).join(', ')}; what needs it waits`;
}

const onBoth = <T>(of: (side: Side) => T): Record<Side, T> => ({ crm: of('crm'), erp: of('erp') });
