import type { Mapping } from '../core/mapping.ts';
import { merge } from '../core/merge.ts';
import { later } from '../core/merge-field.ts';
import { rulesOf } from '../core/rules.ts';
import { editedAt } from '../core/sheet.ts';
import { other, sides } from '../core/sides.ts';
import type {
  Conflict,
  FieldChange,
  Held,
  Json,
  LineOrigins,
  LineState,
  LineWrite,
  MergeInput,
  MergePlan,
  Side,
  SideState,
  Stage,
  Values,
} from '../core/types.ts';
import { withhold } from '../core/withhold.ts';
import { conflictPath } from '../store/conflicts.ts';
import type { LinkRow } from '../store/links.ts';
import type { LineOp, Part } from './draft.ts';
import type { Fitting } from './fitting.ts';
import { asLater, type Choices, laterWins } from './later-wins.ts';
import { madeLines } from './made-lines.ts';

/** One link whose two records are both there, in the middle of a fold. */
export interface Folding {
  readonly mapping: Mapping;
  /** Names of the two records: links that share one see each other's writes. */
  readonly docs: Readonly<Record<Side, string>>;
  readonly content: boolean;
  readonly stage: Stage;
  readonly choices?: NonNullable<MergeInput['choices']>;
  readonly prefer?: Side;
  /** The links that its references name. */
  readonly links?: MergeInput['links'];
  /** Why it is preferred, where no person has said so. */
  readonly preferredAs?: string;
  readonly quarantined?: ReadonlySet<string>;
  /** Decisions that hold from now on, by field. */
  readonly standing?: Readonly<Record<string, Side | 'base'>>;
  /** What its systems refused in this step: held, while the rest travels. */
  readonly refused?: readonly Held[];
  /** The side whose record is not there yet and is made from the other. */
  readonly creates?: Side;
  /** What else is to be told of the link: archiving that travels along, what steps that died had overwritten. */
  readonly besides?: readonly FieldChange[];
  /** How the fold found it. */
  readonly began: { readonly base: LinkRow['base']; readonly states: Readonly<Record<Side, SideState>> };
  link: LinkRow;
  states: Record<Side, SideState>;
  changes: FieldChange[];
  conflicts: readonly Conflict[];
  held: readonly Held[];
  parts: Record<Side, { values: Record<string, Json>; lines: Map<string, LineOp> }>;
}

/** Starts a link's part in a fold. */
export function folding(
  start: Pick<Folding, 'mapping' | 'docs' | 'content' | 'stage' | 'link' | 'states'> &
    Partial<
      Pick<
        Folding,
        | 'choices'
        | 'prefer'
        | 'preferredAs'
        | 'links'
        | 'quarantined'
        | 'creates'
        | 'besides'
        | 'standing'
        | 'refused'
      >
    >,
): Folding {
  const part = () => ({ values: {}, lines: new Map<string, LineOp>() });
  const began = { base: start.link.base, states: { ...start.states } };
  return { ...start, began, changes: [], conflicts: [], held: [], parts: { crm: part(), erp: part() } };
}

/** A fold under way. */
interface UnderWay {
  readonly links: readonly Folding[];
  /** What its links have written so far, as `laterWins` asks for it. */
  readonly fresh: Map<string, Map<string, Folding>>;
  readonly fitting: Fitting;
}

/** How often a fold goes round before what is left waits for the next step; two links settle in two. */
const rounds = 3;

/**
 * Merges the links of one deal until nothing moves any more: what one link writes on a shared document is an edit to
 * the next, as far as that document can hold it. A pair that stands alone is a fold of one.
 */
export function fold(links: readonly Folding[], newId: () => string, fitting: Fitting): void {
  const fresh: Map<string, Map<string, Folding>> = new Map();
  for (let round = 0; round < (links.length > 1 ? rounds : 1); round++) {
    let moved = false;
    for (const link of links) {
      const won = laterWins(link, links, fresh);
      const input = inputOf(link, won);
      const merged = decided(link, merge(link.mapping, input, newId), input, newId);
      const changes = asPreferred(asLater(merged.changes, won, link.choices), link);
      const told = { ...merged, changes: changes.map((change) => dated(change, link.states)) };
      const out = link.refused ? withhold(told, input, link.refused) : told;
      if (take(link, out, { links, fresh, fitting })) moved = true;
    }
    if (!moved) return;
  }
}

function inputOf(link: Folding, later: Choices): MergeInput {
  const choices = { ...later, ...link.choices };
  return {
    base: link.link.base,
    crm: link.states.crm,
    erp: link.states.erp,
    // Lines agree only within a document that does: a base left over from elsewhere would read as lines removed.
    lineLinks: link.link.base ? link.link.lines : link.link.lines.map((line) => ({ ...line, base: null })),
    content: link.content,
    stage: link.stage,
    ...(Object.keys(choices).length > 0 && { choices }),
    ...(link.prefer && { prefer: link.prefer }),
    ...(link.links && { links: link.links }),
    ...(link.mapping.lines && { origins: originsOf(link) }),
    ...(link.quarantined && { quarantined: link.quarantined }),
  };
}

/** Of documents that were apart until now, a line made from one that is gone by now is no removal: both have their lines. */
function originsOf({ docs, creates, began, link: { linkedBy } }: Folding): LineOrigins {
  const made = madeLines(docs, creates === 'crm');
  return began.base || linkedBy.kind === 'create' ? made : { ...made, isMade: () => false };
}

/** Standing decisions apply where a conflict would open, and only there. */
function decided(link: Folding, out: MergePlan, input: MergeInput, newId: () => string): MergePlan {
  const { standing } = link;
  const known = out.conflicts.filter((conflict) => standing?.[conflict.field]);
  if (known.length === 0) return out;
  const choices = Object.fromEntries(
    known.map(({ line, field }) => [conflictPath(line, field), { take: standing![field]! }]),
  );
  const merged = merge(link.mapping, { ...input, choices: { ...choices, ...input.choices } }, newId);
  const byRule = (change: FieldChange): boolean => {
    const path = conflictPath(change.line, change.field);
    return choices[path] !== undefined && input.choices?.[path] === undefined;
  };
  // That a person said so once is another thing than that he does now.
  const changes = merged.changes.map((change) =>
    byRule(change) ? { ...change, why: `rule: ${nameOf(standing![change.field]!)}` } : change,
  );
  return { ...merged, changes };
}

/** What stands because its side is preferred, and nobody has said so, is no person's decision either. */
const asPreferred = (
  changes: readonly FieldChange[],
  { preferredAs: why, choices }: Folding,
): readonly FieldChange[] =>
  why === undefined
    ? changes
    : changes.map((change) =>
        change.why === 'decided' && !choices?.[conflictPath(change.line, change.field)]
          ? { ...change, why }
          : change,
      );

/** A change for which an edit had to give way says which of both was the later one: another rule may ask that. */
const dated = (change: FieldChange, { crm, erp }: Folding['states']): FieldChange => {
  if (change.lost === undefined) return change;
  const at = (state: SideState): number => editedAt(state, change.field, change.line);
  return { ...change, later: later({ at: { crm: at(crm), erp: at(erp) } }) };
};

const nameOf = (take: Side | 'base'): string => (take === 'base' ? 'base' : take.toUpperCase());

/**
 * Takes a merge's result in: the link's base, what is to be written, and the new state of both documents wherever they are
 * shared. There only what the document can hold is seen: else its value would go on to a third one that the first can
 * never be like.
 */
function take(link: Folding, out: MergePlan, { links, fresh, fitting }: UnderWay): boolean {
  let moved = false;
  for (const side of sides) {
    const values = out.writes[side];
    const lines = out.lineWrites[side].map(lineOp);
    if (Object.keys(values).length === 0 && lines.length === 0) continue;
    moved = true;
    Object.assign(link.parts[side].values, values);
    for (const op of lines) put(link.parts[side].lines, op);
    link.states[side] = writtenBy(link, link, side, values, lines);
    if (links.length === 1) continue;
    const seen = fitting(link, side, { values, lines });
    const written = fresh.get(link.docs[side]) ?? new Map<string, Folding>();
    fresh.set(link.docs[side], written);
    for (const field in seen.values) written.set(field, link);
    for (const op of seen.lines)
      for (const field in op.values) written.set(`line\0${op.lineId}\0${field}`, link);
    for (const each of links)
      for (const own of sides)
        if (each !== link && each.docs[own] === link.docs[side]) {
          each.states[own] = writtenBy(link, each, own, seen.values, seen.lines);
          takeBack(each, own, link, seen.values, seen.lines);
          unmove(each, own, link, seen.values);
        }
  }
  link.link = { ...link.link, base: out.base, lines: out.lineLinks };
  link.changes.push(...out.changes);
  link.conflicts = out.conflicts;
  link.held = out.held;
  return moved;
}

const lineOp = (write: LineWrite): LineOp => ({
  kind: write.kind,
  lineId: write.lineId,
  values: write.kind === 'remove' ? {} : write.values,
});

/** A line added and then changed in one fold is added as changed; one removed needs no change before. */
function put(lines: Map<string, LineOp>, op: LineOp): void {
  const before = lines.get(op.lineId);
  if (before?.kind === 'add' && op.kind === 'change')
    lines.set(op.lineId, { ...before, values: { ...before.values, ...op.values } });
  else if (before?.kind === 'add' && op.kind === 'remove') lines.delete(op.lineId);
  else if (before?.kind === 'change' && op.kind === 'change')
    lines.set(op.lineId, { ...op, values: { ...before.values, ...op.values } });
  else lines.set(op.lineId, op);
}

/** What another link wanted written on the shared document before gives way: the last word of the fold is written. */
function takeBack(
  earlier: Folding,
  side: Side,
  author: Folding,
  values: Values,
  ops: readonly LineOp[],
): void {
  const part = earlier.parts[side];
  const said = new Set(Object.keys(values).map((field) => author.mapping.fields[field]?.[side]));
  for (const field of Object.keys(part.values))
    if (said.has(earlier.mapping.fields[field]?.[side])) delete part.values[field];
  for (const op of ops) {
    const before = part.lines.get(op.lineId);
    if (before?.kind !== 'change') continue;
    const left = Object.entries(before.values).filter(
      ([field]) => op.kind !== 'remove' && !(field in op.values),
    );
    if (left.length > 0) part.lines.set(op.lineId, { ...before, values: Object.fromEntries(left) });
    else part.lines.delete(op.lineId);
  }
}

/**
 * Of a status that another link has overruled, this one forgets what it had made of it: nobody has seen that move, so
 * none that follows is judged by it. Else two ends of one deal, each final to its own link, would each be put back.
 */
function unmove(earlier: Folding, side: Side, author: Folding, values: Values): void {
  const [own, { base, states }] = [other(side), earlier.began];
  for (const { field, rule } of rulesOf(earlier.mapping.fields)) {
    if (!rule.states || !(field in values) || !shares(earlier.mapping, author.mapping, side, field)) continue;
    if (!(field in earlier.parts[own].values)) continue;
    const as = (now: Values, then: Values | undefined): Values => ({
      ...now,
      [field]: then?.[field] ?? null,
    });
    delete earlier.parts[own].values[field];
    earlier.states[own] = {
      ...earlier.states[own],
      values: as(earlier.states[own].values, states[own].values),
    };
    if (earlier.link.base)
      earlier.link = {
        ...earlier.link,
        base: base && { crm: as(earlier.link.base.crm, base.crm), erp: as(earlier.link.base.erp, base.erp) },
      };
    earlier.changes = earlier.changes.filter((change) => change.field !== field || change.side !== own);
  }
}

/** The state of a document after writes by `author`, as another mapping sees it: only fields it has too. */
function writtenBy(
  author: Folding,
  seen: Folding,
  side: Side,
  values: Values,
  ops: readonly LineOp[],
): SideState {
  const { missing: _, finer, ...left } = seen.states[side];
  const next: Record<string, Json> = { ...left.values };
  const finerNext: Record<string, Json> = { ...finer };
  for (const field in values)
    if (seen === author || shares(seen.mapping, author.mapping, side, field)) {
      next[field] = values[field]!;
      delete finerNext[field];
    }
  const state = finer ? { ...left, finer: finerNext } : left;
  if (ops.length === 0) return { ...state, values: next };
  let lines: readonly LineState[] = state.lines ?? [];
  for (const op of ops) {
    if (op.kind === 'remove') lines = lines.filter((line) => line.lineId !== op.lineId);
    else if (op.kind === 'add') lines = [...lines, { lineId: op.lineId, values: op.values, held: [] }];
    else
      lines = lines.map((line) =>
        line.lineId === op.lineId ? { ...line, values: { ...line.values, ...op.values } } : line,
      );
  }
  return { ...state, values: next, lines };
}

/** Whether a canonical field means the same native property of a document in both mappings. The CRM's states go by their own names in all maps. */
export function shares(a: Mapping, b: Mapping, side: Side, field: string): boolean {
  const [x, y] = [a.fields[field], b.fields[field]];
  if (x === undefined || y === undefined || x[side] !== y[side]) return false;
  return x.codec.name === y.codec.name || (side === 'crm' && Boolean(x.states && y.states));
}

/** What a fold wants written on one side of a link. */
export function partOf(link: Folding, side: Side): Part | null {
  const { values, lines } = link.parts[side];
  if (Object.keys(values).length === 0 && lines.size === 0) return null;
  return { mapping: link.mapping.name, link: link.link.id, values, lines: [...lines.values()] };
}
