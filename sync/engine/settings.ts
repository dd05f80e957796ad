import { openLists } from '../core/code-lists.ts';
import type { MappingName, Side } from '../core/types.ts';
import { readSettings, type StoredSettings } from '../store/settings.ts';
import type { Sql } from '../store/sql.ts';
import type { RuntimeSettings } from './step-context.ts';
import type { FlowRule } from './work.ts';

/** Settings that can be read again while the sync runs; steps see the latest. */
export interface LiveSettings extends RuntimeSettings {
  refresh(sql: Sql): Promise<void>;
}

/** Reads the settings and keeps them at hand: codecs ask for a code per field and can't wait for a query. */
export async function openSettings(sql: Sql): Promise<LiveSettings> {
  let now = index(await readSettings(sql));
  return {
    code(list, side, code) {
      return now.codes.get(`${list}:${side}:${code}`) ?? (openLists.has(list) ? code : undefined);
    },
    ruleOf: (mapping) => now.rules.get(mapping) ?? 'every',
    isPaused: (mapping) => now.paused.has(mapping),
    standing: (mapping) => now.standing.get(mapping) ?? {},
    clockOffset: { crm: 0, erp: 0 },
    async refresh(client) {
      now = index(await readSettings(client));
    },
  };
}

const rank = ({ preferred }: StoredSettings['codes'][number]): number => (preferred === 'both' ? 1 : 0);

function index({ codes, flows, rules }: StoredSettings) {
  const byCode = new Map<string, string>();
  // What is preferred one way only does not translate the other way; what is preferred both ways comes last and stands.
  for (const { list, crm, erp, preferred } of [...codes].sort((a, b) => rank(a) - rank(b))) {
    if (preferred !== 'erp') byCode.set(`${list}:crm:${crm}`, erp);
    if (preferred !== 'crm') byCode.set(`${list}:erp:${erp}`, crm);
  }
  const standing = new Map<MappingName, Record<string, Side | 'base'>>();
  for (const { mapping, field, take } of rules)
    standing.set(mapping, { ...standing.get(mapping), [field]: take });
  return {
    codes: byCode,
    rules: new Map(flows.map((flow) => [flow.mapping, flow.rule as FlowRule])),
    paused: new Set(flows.filter((flow) => flow.paused).map((flow) => flow.mapping)),
    standing,
  };
}
