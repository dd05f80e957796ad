import type { FieldRule } from './mapping.ts';
import { isPlaceholder } from './placeholder.ts';
import { author, guards } from './rules.ts';
import { same } from './same.ts';
import { other } from './sides.ts';
import { onlyCloses, settleState, stateMaps } from './state-maps.ts';
import type { Json, MergeInput, Side, Stage } from './types.ts';
import { hold, open, rest, type Verdict } from './verdict.ts';

/** A person's or a rule's decision on one field. */
export type Choice = NonNullable<MergeInput['choices']>[string];

/** One field of a pair as the merge sees it. Undefined: the side has no opinion; in the base: nothing was agreed yet. */
export interface FieldInput {
  readonly rule: FieldRule;
  readonly stage: Stage;
  readonly now: Readonly<Record<Side, Json | undefined>>;
  readonly base: Readonly<Record<Side, Json | undefined>>;
  readonly at: Readonly<Record<Side, number>>;
  /** Of a reference: that side names still what was agreed on, whose link has ended since. */
  readonly outlived: Readonly<Record<Side, boolean>>;
  /** What the ERP shows, where it is another one of several values with one meaning than at the last agreement. */
  readonly finer?: Json;
  /** That side's record is being created. */
  readonly missing: Side | null;
  readonly choice: Choice | undefined;
  readonly prefer: Side | undefined;
}

/** Three-way merge of one field: merge rules 1 to 7, and who may edit at this stage. */
export function settle(f: FieldInput): Verdict {
  if (same(f.now.crm, f.now.erp)) return settleAlike(f);
  if (f.choice && 'value' in f.choice) return { kind: 'stand', value: f.choice.value, why: 'decided' };
  if (f.choice && f.choice.take === 'base') return { kind: 'restore', why: 'decided: base' };
  if (isNew(f)) return meet(f);
  return settleEdits(f);
}

function settleAlike(f: FieldInput): Verdict {
  if (!f.choice || !('value' in f.choice) || same(f.choice.value, f.now.crm)) return rest;
  return { kind: 'stand', value: f.choice.value, why: 'decided' };
}

/** Nothing was agreed yet, or a reference that was unknown then has become known. */
function isNew(f: FieldInput): boolean {
  if (f.base.crm === undefined && f.base.erp === undefined) return true;
  return known(f, 'crm') || known(f, 'erp');
}

/** The side's reference has become known, and nobody has edited the other side meanwhile. */
const known = (f: FieldInput, side: Side): boolean =>
  isPlaceholder(side, f.base[side]) &&
  !isPlaceholder(side, f.now[side]) &&
  f.now[side] !== undefined &&
  (same(f.now[other(side)], f.base[other(side)]) || defaulted(f, other(side)));

/** The value of a side that had none at the last agreement and must have one: most likely its default. */
const defaulted = (f: FieldInput, side: Side): boolean =>
  empty(f.base[side]) && f.rule.required?.[side] === true && isPlaceholder(other(side), f.base[other(side)]);

/** Merge rules 1 to 3: the link is being made. */
function meet(f: FieldInput): Verdict {
  const by = author(f.rule, f.stage);
  if (by && !waited(f, other(by.side))) return meetOneWay(f, by.side);
  const unknown = { crm: isPlaceholder('crm', f.now.crm), erp: isPlaceholder('erp', f.now.erp) };
  if (unknown.crm || unknown.erp) return rest;
  for (const side of ['crm', 'erp'] as const)
    if (defaulted(f, side)) return give(f, other(side), 'became known', true);
  if (empty(f.now.crm)) return give(f, 'erp', filled(f, 'crm'));
  if (empty(f.now.erp)) return give(f, 'crm', filled(f, 'erp'));
  const chosen = take(f);
  if (chosen) return give(f, chosen, 'decided', true);
  if (f.rule.states) return state(f);
  if (f.rule.wins === 'strictest') return strictest(f);
  if (f.at.crm !== f.at.erp) return guarded(f, f.at.crm > f.at.erp ? 'crm' : 'erp', 'latest', true);
  return contest(f);
}

/** What a side had when the pair was made, and only now can be said, is no edit that came too late. */
const waited = (f: FieldInput, side: Side): boolean => f.rule.way === 'both' && known(f, side);

const filled = (f: FieldInput, side: Side): string => (f.missing === side ? 'created' : 'default filled in');

function meetOneWay(f: FieldInput, from: Side): Verdict {
  if (isPlaceholder(from, f.now[from])) return rest;
  // What the receiver was made with is put back, unless its author turns out to say the same.
  if (empty(f.now[from])) return f.missing === from && !empty(f.now[other(from)]) ? open : rest;
  return give(f, from, f.missing === other(from) ? 'created' : 'one-way field');
}

/** Merge rules 4 to 7: the pair had agreed before. */
function settleEdits(f: FieldInput): Verdict {
  const crmEdited = edited(f, 'crm');
  // Moved within what the CRM calls by one name, it is an edit where the CRM has edited as well: alone there is nothing to tell.
  const changed = { crm: crmEdited, erp: edited(f, 'erp') || (crmEdited && f.finer !== undefined) };
  // What names a link that is over can't be agreed on anew.
  if (!changed.crm && !changed.erp) return f.outlived.crm || f.outlived.erp ? hold : rest;
  if (!changed.crm && f.rule.states && onlyCloses(stateMaps[f.rule.states], f.now.crm, f.now.erp))
    return rest;
  const by = author(f.rule, f.stage);
  if (by) return settleOneWay(f, by.side, by.why, changed);
  if (f.rule.states && !waits(f, changed)) {
    const chosen = take(f);
    return chosen ? give(f, chosen, 'decided', true) : state(f);
  }
  if (waits(f, changed)) return hold;
  // a default that a record got while the other side's value waits must not overwrite that value
  if ((changed.crm && defaulted(f, 'crm')) || (changed.erp && defaulted(f, 'erp'))) return hold;
  if (changed.crm && changed.erp) {
    const chosen = take(f);
    return chosen ? give(f, chosen, 'decided', true) : contest(f);
  }
  return guarded(f, changed.crm ? 'crm' : 'erp', 'edited', false);
}

/** An edit whose value can't be written yet keeps its field waiting, and so does one that would overwrite it. */
const waits = (f: FieldInput, changed: Readonly<Record<Side, boolean>>): boolean =>
  (changed.crm && isPlaceholder('crm', f.now.crm)) || (changed.erp && isPlaceholder('erp', f.now.erp));

function settleOneWay(
  f: FieldInput,
  from: Side,
  why: string,
  changed: Readonly<Record<Side, boolean>>,
): Verdict {
  const to = other(from);
  if (changed[from]) {
    const verdict = give(f, from, changed[to] ? why : 'edited', changed[to]);
    // an author's empty value that the receiver can't hold is an agreed difference, not a reason to write back
    return verdict.kind === 'put' && verdict.side === from ? rest : verdict;
  }
  // Its author is being made: nothing is put back before that one has had a say.
  if (f.missing === from || f.outlived[from] || isUnheard(f, from)) return hold;
  const before = f.base[to];
  const value = before === undefined || isPlaceholder(to, before) ? f.now[from] : before;
  if (value === undefined || isPlaceholder(from, value)) return hold;
  if (empty(value) && f.rule.required?.[to]) return rest;
  return { kind: 'put', side: to, value, winner: from, why: `reverted: ${why}`, lost: f.now[to] ?? null };
}

/** Whether that side has said nothing yet, nor had when the two met: its line was added a moment ago. */
const isUnheard = (f: FieldInput, side: Side): boolean =>
  f.now[side] === undefined && empty(f.base.crm) && empty(f.base.erp);

/** Both sides changed it, or both came with a value at the same instant. */
function contest(f: FieldInput): Verdict {
  if (guards(f.rule, f.stage)) return { kind: 'conflict', why: 'the order is released' };
  switch (f.rule.wins) {
    case 'crm':
      return give(f, 'crm', 'CRM wins', true);
    case 'erp':
      return give(f, 'erp', 'ERP wins', true);
    case 'latest':
      return give(f, later(f), 'latest', true);
    case 'strictest':
      return strictest(f);
    case 'inbox':
      return { kind: 'conflict', why: 'changed on both sides' };
    case 'rank':
      return f.rule.states ? state(f) : give(f, later(f), 'latest', true);
  }
}

/** The side edited later; a tie goes to the CRM. */
export const later = (f: { readonly at: Readonly<Record<Side, number>> }): Side =>
  f.at.erp > f.at.crm ? 'erp' : 'crm';

function strictest(f: FieldInput): Verdict {
  const winner = f.now.erp === true && f.now.crm !== true ? 'erp' : 'crm';
  return give(f, winner, 'strictest', true);
}

function state(f: FieldInput): Verdict {
  const [crm, erp] = [f.now.crm, f.now.erp];
  if (typeof crm !== 'string' || typeof erp !== 'string') {
    return give(f, empty(crm) ? 'erp' : 'crm', 'default filled in');
  }
  const base =
    typeof f.base.crm === 'string' && typeof f.base.erp === 'string'
      ? { crm: f.base.crm, erp: f.base.erp }
      : null;
  return settleState(stateMaps[f.rule.states ?? 'A'], { base, crm, erp, at: f.at, ...finerOf(f) });
}

/** An edit by one side: what is guarded goes to the inbox when it comes from the CRM. */
function guarded(f: FieldInput, by: Side, why: string, contested: boolean): Verdict {
  if (by === 'erp' || !guards(f.rule, f.stage)) return give(f, by, why, contested);
  const chosen = take(f);
  if (chosen) return give(f, chosen, 'decided', true);
  return { kind: 'conflict', why: 'the order is released' };
}

const take = (f: FieldInput): Side | undefined =>
  f.choice && 'take' in f.choice && f.choice.take !== 'base' ? f.choice.take : f.prefer;

/** Writes one side's value on the other; an empty value that the other can't hold is given back what stands there. */
function give(f: FieldInput, from: Side, why: string, contested = false): Verdict {
  const to = other(from);
  const value = f.now[from] ?? null;
  if (isPlaceholder(from, value)) return hold;
  if (value === null && f.rule.required?.[to]) {
    const stays = f.now[to];
    if (empty(stays) || isPlaceholder(to, stays)) return rest;
    return { kind: 'put', side: from, value: stays ?? null, winner: to, why: 'required there', lost: null };
  }
  const put = { kind: 'put', side: to, value, winner: from, why } as const;
  if (!contested) return put;
  return { ...put, lost: (to === 'erp' ? f.finer : undefined) ?? f.now[to] ?? null };
}

const finerOf = ({ finer }: FieldInput) => (finer === undefined ? {} : { finer });

const empty = (value: Json | undefined): boolean => value === null || value === undefined;

const edited = (f: FieldInput, side: Side): boolean =>
  f.now[side] !== undefined && !f.outlived[side] && !same(f.now[side], f.base[side]);
