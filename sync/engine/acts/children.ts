import { mappingsOfEntity } from '../../core/home.ts';
import type { Mapping } from '../../core/mapping.ts';
import type { RecordRef, SystemRecord } from '../../core/types.ts';
import { type Child, childrenOf, waitingFor } from '../../store/children.ts';
import { type LinkBrief, type LinkRow, linksOfRecords, type MappedRef } from '../../store/links.ts';
import type { SyncResult } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { refKey } from '../records.ts';
import { type StepContext, stepContext } from '../step-context.ts';
import { tokenOf } from '../sync-token.ts';
import { refsOfLink } from '../work.ts';
import { planLanes } from './sync-now.ts';

/** What an act is going to do to links, as if it were done. */
export interface Supposed {
  /** Links that end. */
  readonly ended: readonly LinkRow[];
  /** Links that live from then on, with both records. */
  readonly made: readonly LinkRow[];
  /** What the records of a link that ends mean from then on. */
  readonly heirs?: readonly { readonly of: LinkRow; readonly heir: LinkRow }[];
  /** Records as the act will have written them. */
  readonly written?: readonly (readonly [RecordRef, SystemRecord])[];
  /** Who else is looked at with the first of them. */
  readonly also?: readonly Child[];
}

/** What is told of those that refer to a pair. */
export type ToldChildren = Required<Pick<SyncResult, 'children' | 'childCount'>>;

/** Children whose plans a preview tells: a customer may have thousands. */
const mostChildren = 100;

/**
 * What becomes of the pairs that refer to these links once they have ended and others live, planned as the step does that
 * looks at them then: by the records as they are, and the links as they will be. Those that wait for a record of a link
 * that is made, or that has an heir, are among them. Per link, in the order given; who refers to several comes with the first.
 */
export async function childrenToBe(parts: InlineParts, supposed: Supposed): Promise<readonly ToldChildren[]> {
  const { ended, made, heirs = [], also = [] } = supposed;
  const seen = new Set([...ended, ...made].map(({ id }) => id));
  const groups: (readonly Child[])[] = [];
  for (let n = 0; n < Math.max(ended.length, made.length); n++) {
    const own = await foundBy(parts, [ended[n], made[n]], [made[n], heirs[n]?.of]);
    const found = n === 0 ? eachOnce([...own, ...also]) : own;
    groups.push(found.filter(({ id }) => !seen.has(id)));
    for (const { id } of found) seen.add(id);
  }
  const told = await plansOf(
    parts,
    supposed,
    groups.flatMap((group) => group.slice(0, mostChildren)),
  );
  return groups.map((group) => ({
    children: group.flatMap(({ id }) => told.get(id) ?? []),
    childCount: group.length,
  }));
}

/** The same of links that end, each for one of other records. What is told of that one bears the name of its CRM record's. */
export async function childrenRelinked(
  parts: InlineParts,
  relinked: readonly { readonly link: LinkRow; readonly to: Pick<LinkRow, 'crmId' | 'erpId'> }[],
): Promise<readonly ToldChildren[]> {
  const made = relinked.map(({ link, to }) => ({ ...link, ...to, id: parts.newId() }));
  const told = await childrenToBe(parts, { ended: relinked.map(({ link }) => link), made });
  const names = new Map(made.map(({ id }, n) => [id, relinked[n]!.link.id]));
  return told.map((each) => namedAs(each, names));
}

/**
 * The same of a link whose record goes into another one: that has a link, or takes over what the first was linked with.
 * Those of either see the second's link, whichever record they name.
 */
export async function childrenMerged(
  parts: InlineParts,
  old: LinkRow,
  { kept, made }: { readonly kept: LinkRow | null; readonly made: LinkRow | null },
): Promise<ToldChildren> {
  const heir = made ?? kept;
  const supposed = {
    ended: made && kept ? [old, kept] : [old],
    made: made ? [made] : [],
    heirs: heir ? [{ of: old, heir }] : [],
  };
  const { children, childCount } = joined(await childrenToBe(parts, supposed));
  const told = { children: children.map(asMoved), childCount };
  return made ? namedAs(told, new Map([[made.id, (kept ?? old).id]])) : told;
}

/**
 * The same of a merge that is taken back. What it had moved (`written`: as it is moved back) and what had stayed with the
 * first (`left`) means the first again. Where the second had taken its counterpart over, that link (`taken`) ends.
 */
export async function childrenParted(
  parts: InlineParts,
  old: LinkRow,
  {
    taken,
    written,
    left,
  }: {
    readonly taken: LinkRow | null;
    readonly written: NonNullable<Supposed['written']>;
    readonly left: readonly RecordRef[];
  },
): Promise<ToldChildren> {
  const also = await referringOf(parts, parts.mappings[old.mapping], [
    ...written.map(([ref]) => ref),
    ...left,
  ]);
  const supposed = { ended: taken ? [taken] : [], made: [old], written, also };
  const { children, childCount } = joined(await childrenToBe(parts, supposed));
  return { children: children.map(asMoved), childCount };
}

/** The live links of these records in flows that refer to records of this one. */
async function referringOf(
  { sql, mappings }: InlineParts,
  to: Mapping,
  refs: readonly RecordRef[],
): Promise<readonly Child[]> {
  const found = await linksOfRecords(
    sql,
    refs.flatMap(({ side, entity, id }) =>
      mappingsOfEntity(mappings, side, entity)
        .filter((mapping) => refersTo(mapping, to))
        .map(({ name }) => ({ mapping: name, side, id })),
    ),
  );
  return found.filter(({ state }) => state !== 'ended').toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const refersTo = ({ fields, lines }: Mapping, to: Mapping): boolean =>
  [...Object.values(fields), ...Object.values(lines ?? {})].some(
    ({ codec: { refers } }) => refers?.crm === to.crm,
  );

/** The merge itself has both its records name the second: its step writes nothing, and tells of it. */
const asMoved = (child: SyncResult): SyncResult =>
  child.outcome === 'unchanged' && child.plan.changes.length > 0 ? { ...child, outcome: 'updated' } : child;

/** What is told of several links as one. */
export const joined = (told: readonly ToldChildren[]): ToldChildren => ({
  children: told.flatMap(({ children }) => children),
  childCount: told.reduce((sum, { childCount }) => sum + childCount, 0),
});

/** Who names one of these links, or waits for a record of the others, each once. */
async function foundBy(
  parts: InlineParts,
  named: readonly (LinkRow | undefined)[],
  linked: readonly (LinkRow | undefined)[],
): Promise<readonly Child[]> {
  const ids = named.flatMap((link) => link?.id ?? []);
  const keys = linked.flatMap((link) => (link ? refsOfLink(parts, link) : [])).map(refKey);
  const found = [...(await childrenOf(parts.sql, ids)), ...(await waitingFor(parts.sql, keys))];
  return eachOnce(found);
}

const eachOnce = (children: readonly Child[]): readonly Child[] => [
  ...new Map(children.map((child) => [child.id, child])).values(),
];

/** Per link, its plan. One that its lane has nothing to do for is told as unchanged. */
async function plansOf(
  parts: InlineParts,
  supposed: Supposed,
  children: readonly Child[],
): Promise<ReadonlyMap<string, SyncResult>> {
  if (children.length === 0) return new Map();
  const context = supposing(parts, supposed);
  const results = (await planLanes(context, children, {})).planned;
  const rest = { planToken: null, eventIds: [], syncToken: await tokenOf(parts.sql) };
  return new Map(
    children.map(({ id: linkId }) => {
      const own = results.find(({ link }) => link.id === linkId);
      return [linkId, { ...(own?.told ?? { ...untouched, linkId }), ...rest }];
    }),
  );
}

const untouched = {
  outcome: 'unchanged',
  plan: { kind: 'none', writes: [], changes: [], conflicts: [], held: [], locked: [] },
  waitsFor: [],
} as const;

/** The same told with links that are there: one that is supposed bears an id that nobody knows. */
const namedAs = <T>(told: T, names: ReadonlyMap<string, string>): T =>
  JSON.parse(JSON.stringify(told), (_, value) =>
    typeof value === 'string' ? (names.get(value) ?? value) : value,
  ) as T;

/** The surroundings of a step that comes after the act. */
function supposing(parts: InlineParts, { ended, made, heirs = [], written = [] }: Supposed): StepContext {
  const context = stepContext(parts);
  for (const [ref, record] of written) context.records.put(ref, record);
  // Known, and standing for no record any more.
  context.table.add(ended.map((link) => ({ ...link, crmId: null, erpId: null })));
  for (const { of, heir } of heirs) {
    context.table.add([heir]);
    for (const { side, id } of refsOfLink(parts, of)) {
      const own = side === 'crm' ? heir.crmId : heir.erpId;
      if (id !== own) context.table.follow({ mapping: of.mapping, side, id }, heir.id);
    }
  }
  const endedIds = new Set(ended.map(({ id }) => id));
  const isOf = ({ mapping, crmId, erpId }: LinkRow, ref: MappedRef): boolean =>
    mapping === ref.mapping && (ref.side === 'crm' ? crmId : erpId) === ref.id;
  const brief = (link: LinkRow): LinkBrief => ({
    ...link,
    state: 'pending',
    endedBy: null,
    heir: null,
    based: false,
    decided: false,
  });
  return {
    ...context,
    preview: true,
    linksOf: async (refs, on) => {
      const stored = await context.linksOf(refs, on);
      return [
        ...made.filter((link) => refs.some((ref) => isOf(link, ref))).map(brief),
        ...stored
          .filter(({ id }) => !made.some((link) => link.id === id))
          .map((link) =>
            endedIds.has(link.id) ? { ...link, state: 'ended' as const, endedBy: 'unlinked' } : link,
          ),
      ];
    },
  };
}
