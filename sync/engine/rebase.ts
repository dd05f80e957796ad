import { decodeRecord } from '../core/decode.ts';
import { finerIn, noteFiner } from '../core/finer.ts';
import { placeholderOfHeld } from '../core/placeholder.ts';
import { rulesOf } from '../core/rules.ts';
import { same } from '../core/same.ts';
import { sides } from '../core/sides.ts';
import type { Base, FieldChange, Held, Json, LineLink, Side, SideState, Values } from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import type { Applied } from './applied.ts';
import type { LinkDraft, RecordWrite } from './draft.ts';
import { shares } from './fold.ts';
import type { StepContext } from './step-context.ts';
import { refOfLink } from './work.ts';

/**
 * The link as it stands after its writes: the planned base, overlaid with what each target really stored. A side that
 * cut a name short has not edited it; what it changed besides what we wrote still counts as its own edit.
 */
export function rebase(
  context: StepContext,
  draft: LinkDraft,
  before: LinkRow | undefined,
  applied: readonly Applied[],
): LinkDraft {
  // What had ended before has no say in what is written.
  if (before?.state === 'ended') return draft;
  let link = draft.link;
  let still = true;
  const held: Held[] = [...draft.held];
  let gone: FieldChange | null = null;
  const back = broughtBack(context.mappings, draft, applied);
  for (const each of applied) {
    const { write, record } = each;
    const created = write.gives.includes(link.id);
    if (!touches(context.mappings, link, write)) continue;
    for (const own of each.held) if (own.link === link.id) held.push(own.held);
    if (each.failure)
      return {
        ...draft,
        link: {
          ...failedLink(before ?? { ...link, base: null, lines: [] }, draft, held),
          ...(back.length > 0 && { crmArchived: false, erpArchived: false }),
        },
        held,
        changes: back,
        failed: true,
      };
    // Made by an earlier attempt, and deleted since: the pair is whole, and is looked at once more although it is known.
    if (each.deletedId !== null && created) {
      link = {
        ...withId(link, write.side, each.deletedId),
        base: null,
        lines: shownLines(before, write.side),
        crmVersion: null,
        erpVersion: null,
      };
      still = false;
    }
    if (!record) continue;
    if (created) link = withId(link, write.side, record.id);
    // An earlier attempt had created it and someone may have edited it since: nothing is agreed yet.
    if (each.kind === 'existed' && created) {
      link = {
        ...link,
        base: null,
        lines: shownLines(before, write.side),
        ...versions(write.side, record.version),
        ...(each.twin && { linkedBy: each.twin }),
      };
      if (each.twin) gone = gaveWay(write.side);
      still = false;
      continue;
    }
    const laid = overlay(context, link, before, each, created && draft.aside === true);
    link = laid.link;
    still &&= laid.still;
  }
  const refused = new Set(held.slice(draft.held.length).map((each) => `${each.side}:${each.field}`));
  const changes = draft.changes.filter(
    (change) => change.line !== undefined || !refused.has(`${change.side}:${change.field}`),
  );
  return {
    ...draft,
    link: { ...link, held, agreed: link.base?.crm ?? link.agreed },
    held,
    // What was made is no more: of what it was made with there is nothing to tell.
    changes: gone ? [gone] : changes,
    still: still && held.length === 0,
  };
}

/**
 * Of a link, what was brought back ahead of its other writes. Those may fail: then both records are in use all the same,
 * and nobody who comes after could tell by whom.
 */
function broughtBack(
  mappings: StepContext['mappings'],
  { link, changes }: LinkDraft,
  applied: readonly Applied[],
): readonly FieldChange[] {
  const done = applied.filter(({ write, record }) => write.action === 'restore' && record);
  const own = new Set(
    done.filter(({ write }) => touches(mappings, link, write)).map(({ write }) => write.side),
  );
  return changes.filter(({ field, side, after }) => field === 'archived' && after === false && own.has(side));
}

/** What is told of a record that was made beside its twin. */
const gaveWay = (side: Side): FieldChange => ({
  field: 'deleted',
  side,
  before: false,
  after: 'delete',
  winner: null,
  why: 'its twin came first',
});

/** Whether a write is one on a record of this link, or makes one for it. */
export function touches(mappings: StepContext['mappings'], link: LinkRow, write: RecordWrite): boolean {
  if (write.gives.includes(link.id)) return true;
  const ref = refOfLink(mappings[link.mapping], link, write.side);
  return ref !== null && ref.id === write.id && ref.entity === write.entity;
}

/**
 * The lines of a document that waited for its counterpart, as they are stored: they look for their pairs like new ones,
 * and keep their links. Others in their place would stand beside them, and each line would be there twice.
 */
const shownLines = (before: LinkRow | undefined, made: Side): LinkRow['lines'] =>
  (before?.lines ?? []).map((line) => ({
    ...line,
    base: null,
    ...(made === 'crm' ? { crmLineId: null } : { erpLineId: null }),
  }));

const withId = (link: LinkRow, side: Side, id: string): LinkRow =>
  side === 'crm' ? { ...link, crmId: id } : { ...link, erpId: id };

const versions = (side: Side, version: string) =>
  side === 'crm' ? { crmVersion: version } : { erpVersion: version };

/**
 * A link of which a write failed stands as before. But what it had waited for is over, or nothing would have been written:
 * kept, that would release it at once, again and again.
 */
const failedLink = (before: LinkRow, { link }: LinkDraft, held: readonly Held[]): LinkRow => ({
  ...before,
  held,
  waitsFor: link.waitsFor,
});

function overlay(
  context: StepContext,
  link: LinkRow,
  before: LinkRow | undefined,
  { write, record, held }: Applied,
  aside: boolean,
): { readonly link: LinkRow; readonly still: boolean } {
  const mapping = context.mappings[link.mapping];
  const { side } = write;
  const archived = side === 'crm' ? { crmArchived: record!.archived } : { erpArchived: record!.archived };
  // That a quote was put away by another link is news to that of its order.
  const moved = { ...link, ...versions(side, record!.version), ...(mapping.between ? {} : archived) };
  if (!link.base || write.parts.length === 0) return { link: moved, still: false };
  const after = decodeRecord(mapping, side, record!, context.lookup, 0);
  const unfit = held.filter((each) => each.link === link.id).map((each) => each.held);
  // What another link of the deal wrote is agreed here only where this link took it for agreed; else it is news to it.
  const fields = write.parts.flatMap((part) =>
    Object.keys(part.values).filter(
      (field) =>
        field in mapping.fields &&
        (part.link === link.id ||
          (shares(mapping, context.mappings[part.mapping], side, field) &&
            same(link.base![side][field], part.values[field]))),
    ),
  );
  if (aside) for (const { field, rule } of rulesOf(mapping.fields)) if (rule.content) fields.push(field);
  const refused = new Set(unfit.filter((each) => each.line === undefined).map((each) => each.field));
  const base = agree(link.base, before?.base ?? null, side, after, fields, refused);
  const ops = write.parts.flatMap((part) => part.lines.map((op) => ({ ...op, own: part.link === link.id })));
  if (ops.length === 0)
    return { link: { ...moved, base }, still: !mapping.lines && shows(after.values, base[side]) };
  const opsOf = Map.groupBy(ops, (op) => op.lineId);
  const now = new Map((after.lines ?? []).map((line) => [line.lineId, line]));
  const lines = link.lines.map((line): LineLink => {
    const id = (side === 'crm' ? line.crmLineId : line.erpLineId) ?? '';
    const [own, shown] = [opsOf.get(id), now.get(id)];
    if (!own || own.some(({ kind }) => kind === 'remove') || !shown || !line.base) return line;
    const planned = line.base[side];
    const asked = own.flatMap((op) =>
      Object.keys(op.values).filter((field) => op.own || same(planned[field], op.values[field])),
    );
    const old = before?.lines.find((each) => each.id === line.id)?.base ?? null;
    const kept = new Set(unfit.filter((each) => each.line === id).map((each) => each.field));
    return { ...line, base: agree(line.base, old, side, shown, asked, kept) };
  });
  return { link: { ...moved, base, lines }, still: false };
}

/** Whether a record shows just what is agreed of its side. */
const shows = (values: Values, base: Values): boolean =>
  Object.keys(values).every((field) => same(values[field], base[field]));

/** What was asked is agreed as the target stored it; what it refused keeps the old base, and is tried again. */
export function agree(
  planned: Base,
  old: Base | null,
  side: Side,
  shown: Pick<SideState, 'values' | 'finer' | 'held'>,
  fields: readonly string[],
  refused: ReadonlySet<string>,
): Base {
  const base: Record<Side, Record<string, Json>> = { crm: { ...planned.crm }, erp: { ...planned.erp } };
  for (const field of fields) {
    if (refused.has(field)) {
      // Nothing was agreed before: what the target shows is its own default, and the source's value is still to come.
      for (const each of sides)
        base[each][field] = old?.[each][field] ?? (each === side ? (shown.values[field] ?? null) : null);
      noteFiner(base, field, finerIn(old?.erp, field));
      continue;
    }
    const unreadable = shown.held.find((each) => each.field === field);
    base[side][field] = shown.values[field] ?? (unreadable ? placeholderOfHeld(unreadable) : null);
    if (side === 'erp') noteFiner(base, field, shown.finer?.[field]);
  }
  return base;
}
