import { openLists } from '../core/code-lists.ts';
import { configured } from '../core/configured.ts';
import type { Mapping } from '../core/mapping.ts';
import type { MappingName, Side } from '../core/types.ts';
import { readSettings, type StoredSetting, type StoredSettings } from '../store/settings.ts';
import type { Sql } from '../store/sql.ts';
import type { RuntimeSettings } from './step-context.ts';
import type { FlowRule } from './work.ts';

/** Settings that can be read again while the sync runs; steps see the latest. */
export interface LiveSettings extends RuntimeSettings {
  /** The mappings as the company set them: the same object always, whose members are the latest. */
  readonly mappings: Readonly<Record<MappingName, Mapping>>;
  refresh(sql: Sql): Promise<void>;
}

/** Reads the settings and keeps them at hand: codecs ask for a code per field and can't wait for a query. */
export async function openSettings(
  sql: Sql,
  declared: Readonly<Record<MappingName, Mapping>>,
): Promise<LiveSettings> {
  const mappingOf = remembering(declared);
  let now = index(await readSettings(sql), mappingOf);
  let begun = 0;
  let taken = 0;
  const latest = Object.fromEntries(
    (Object.keys(declared) as MappingName[]).map((name) => [
      name,
      { enumerable: true, get: () => now.mappings.get(name) ?? declared[name] },
    ]),
  );
  return {
    mappings: Object.defineProperties({}, latest) as LiveSettings['mappings'],
    code(list, side, code) {
      return now.codes.get(`${list}:${side}:${code}`) ?? (openLists.has(list) ? code : undefined);
    },
    isShared: (list, code) => now.shared.has(`${list}:${code}`),
    ruleOf: (mapping) =>
      declared[mapping]?.links.kind === 'connected'
        ? cardRule(now.rules.get('userOrder'))
        : (now.rules.get(mapping) ?? 'every'),
    isPaused: (mapping) => now.paused.has(mapping),
    isBehind: (mapping) => now.behind.has(mapping),
    standing: (mapping) => now.standing.get(mapping) ?? {},
    async refresh(client) {
      const turn = ++begun;
      const read = await readSettings(client);
      // The heartbeat reads, too: what began earlier may answer later, and would undo what was changed between.
      if (turn < taken) return;
      taken = turn;
      now = index(read, mappingOf);
    },
  };
}

/**
 * A salesperson's card is no flow that people set: it comes with the first reference to its user, unless the flow that
 * rests on it makes nothing.
 */
const cardRule = (ofAssignments: FlowRule | undefined): FlowRule =>
  ofAssignments === 'match' || ofAssignments === 'never' ? ofAssignments : 'connected';

/** The mappings with what the company set, made anew only when that has changed: tables are told apart by identity. */
function remembering(declared: Readonly<Record<MappingName, Mapping>>) {
  const made = new Map<MappingName, { readonly of: string; readonly mapping: Mapping }>();
  return (name: MappingName, settings: readonly StoredSetting[]): Mapping => {
    const of = JSON.stringify(settings);
    const known = made.get(name);
    if (known?.of === of) return known.mapping;
    const { onDelete, createCrmOrder } = settings.find(({ field }) => field === '')?.setting ?? {};
    const fields = settings.filter(({ field }) => field !== '');
    const mapping = configured(declared[name], {
      ...(onDelete && { onDelete }),
      ...(createCrmOrder && { createCrmOrder }),
      fields: Object.fromEntries(fields.map(({ field, setting }) => [field, setting])),
    });
    made.set(name, { of, mapping });
    return mapping;
  };
}

const rank = ({ direction }: StoredSettings['codes'][number]): number => (direction === 'both' ? 1 : 0);

function index({ codes, flows, rules, mappings }: StoredSettings, mappingOf: ReturnType<typeof remembering>) {
  const byCode = new Map<string, string>();
  // What is meant one way only does not translate the other way; what is meant both ways comes last and stands.
  for (const { list, crm, erp, direction } of [...codes].sort((a, b) => rank(a) - rank(b))) {
    if (direction !== 'toCrm') byCode.set(`${list}:crm:${crm}`, erp);
    if (direction !== 'toErp') byCode.set(`${list}:erp:${erp}`, crm);
  }
  const shared = sharedIn(byCode);
  const standing = new Map<MappingName, Record<string, Side | 'base'>>();
  for (const { mapping, field, take } of rules)
    standing.set(mapping, { ...standing.get(mapping), [field]: take });
  return {
    codes: byCode,
    shared,
    rules: new Map(flows.map((flow) => [flow.mapping, flow.rule as FlowRule])),
    paused: new Set(flows.filter((flow) => flow.paused).map((flow) => flow.mapping)),
    behind: new Set(flows.filter((flow) => flow.behind).map((flow) => flow.mapping)),
    standing,
    mappings: new Map(
      [...Map.groupBy(mappings, ({ mapping }) => mapping)].map(([name, own]) => [name, mappingOf(name, own)]),
    ),
  };
}

/** Codes of the CRM as which several of the ERP are read, by list; in an open list each stands for itself besides. */
function sharedIn(byCode: ReadonlyMap<string, string>): ReadonlySet<string> {
  const met = new Set<string>();
  const shared = new Set<string>();
  for (const [key, crm] of byCode) {
    const [list, side] = key.split(':') as [string, string];
    if (side !== 'erp') continue;
    const name = `${list}:${crm}`;
    const itself = openLists.has(list) && !byCode.has(`${list}:erp:${crm}`);
    if (met.has(name) || itself) shared.add(name);
    met.add(name);
  }
  return shared;
}
