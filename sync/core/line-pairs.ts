import type { Json, LineLink, LineOrigins, LineState, Side } from './types.ts';

/** One line link with what stands on each side now. */
export interface LinePair {
  readonly link: LineLink;
  readonly crm: LineState | null;
  readonly erp: LineState | null;
}

/** Lines matched with each other, tombstones, and lines that came back although they were removed. */
export interface PairedLines {
  readonly pairs: readonly LinePair[];
  readonly ended: readonly LineLink[];
  readonly returned: readonly { readonly link: LineLink; readonly side: Side; readonly line: LineState }[];
}

type Lines = readonly LineState[];

/**
 * Pairs the lines of two documents: by their links; those without by the reference that one carries of the other or by
 * what one was made from, then by product, unit and position among equals. A line without counterpart makes a pair with
 * one side empty.
 */
export function pairLines(
  links: readonly LineLink[],
  now: Readonly<Record<Side, Lines>>,
  newId: () => string,
  origins?: LineOrigins,
): PairedLines {
  const at = { crm: byId(now.crm), erp: byId(now.erp) };
  const pairs: LinePair[] = [];
  const ended = links.filter((link) => link.ended);
  const loose: Record<Side, Map<string, { line: LineState; link: LineLink | null }>> = {
    crm: new Map(now.crm.map((line) => [line.lineId, { line, link: null }])),
    erp: new Map(now.erp.map((line) => [line.lineId, { line, link: null }])),
  };
  for (const link of links) {
    if (link.ended) continue;
    const [crm, erp] = [find(at.crm, link.crmLineId), find(at.erp, link.erpLineId)];
    const half = link.base === null || link.crmLineId === null || link.erpLineId === null;
    if (half && !(crm && erp)) {
      // written on one side only, so far: it looks for its counterpart like a new line and keeps its link
      if (crm) loose.crm.set(crm.lineId, { line: crm, link });
      if (erp) loose.erp.set(erp.lineId, { line: erp, link });
      if (!crm && !erp) ended.push({ ...link, ended: true });
      continue;
    }
    if (crm) loose.crm.delete(crm.lineId);
    if (erp) loose.erp.delete(erp.lineId);
    pairs.push({ link, crm, erp });
  }
  const returned: PairedLines['returned'][number][] = [];
  for (const link of ended)
    for (const side of ['crm', 'erp'] as const) {
      const id = link[side === 'crm' ? 'crmLineId' : 'erpLineId'];
      const back = id === null ? undefined : loose[side].get(id);
      if (!back || id === null) continue;
      loose[side].delete(id);
      returned.push({ link, side, line: back.line });
    }
  const twins = match(
    [...loose.crm.values()].map((l) => l.line),
    [...loose.erp.values()].map((l) => l.line),
    origins,
  );
  const taken = new Set(twins.values());
  const make = (crm: LineState | null, erp: LineState | null): LinePair => {
    const known = (crm && loose.crm.get(crm.lineId)?.link) ?? (erp && loose.erp.get(erp.lineId)?.link);
    const ids = { crmLineId: crm?.lineId ?? null, erpLineId: erp?.lineId ?? null };
    return { link: { id: known ? known.id : newId(), ...ids, base: null, ended: false }, crm, erp };
  };
  for (const { line } of loose.crm.values()) pairs.push(make(line, twins.get(line) ?? null));
  for (const { line } of loose.erp.values()) if (!taken.has(line)) pairs.push(make(null, line));
  return { pairs, ended, returned };
}

const byId = (lines: Lines): ReadonlyMap<string, LineState> =>
  new Map(lines.map((line) => [line.lineId, line]));

const find = (lines: ReadonlyMap<string, LineState>, id: string | null): LineState | null =>
  id === null ? null : (lines.get(id) ?? null);

/** Counterparts of CRM lines among ERP lines, surest first. */
function match(crm: Lines, erp: Lines, origins: LineOrigins | undefined): Map<LineState, LineState> {
  const found = new Map<LineState, LineState>();
  if (crm.length === 0 || erp.length === 0) return found;
  const left = { crm: new Set(crm), erp: new Set(erp) };
  const join = (c: LineState, e: LineState | undefined): void => {
    if (!e || !left.crm.has(c) || !left.erp.has(e)) return;
    found.set(c, e);
    left.crm.delete(c);
    left.erp.delete(e);
  };
  const stamped = new Map(erp.map((line) => [line.values.lineId, line]));
  for (const line of crm) join(line, stamped.get(line.lineId));
  for (const line of crm) if (line.values.quoteLineId) join(line, stamped.get(line.values.quoteLineId));
  if (origins) {
    const own = byId(crm);
    for (const line of left.erp)
      for (const id of origins.idsOf(line.lineId)) {
        const made = own.get(id);
        if (made) join(made, line);
      }
  }
  const groups = new Map<string, LineState[]>();
  for (const line of ordered(left.erp)) {
    const key = alike(line);
    const group = groups.get(key);
    if (group) group.push(line);
    else groups.set(key, [line]);
  }
  for (const line of ordered(left.crm)) join(line, groups.get(alike(line))?.shift());
  return found;
}

const ordered = (lines: ReadonlySet<LineState>): LineState[] =>
  [...lines].sort((a, b) => number(a.values.lineNumber) - number(b.values.lineNumber));

const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);

/** Lines of one product in one unit are equals; without a product the text tells them apart. */
const alike = ({ values }: LineState): string =>
  JSON.stringify([
    values.kind,
    values.productId ?? null,
    values.unit ?? null,
    values.productId ? null : (values.description ?? null),
  ]);
