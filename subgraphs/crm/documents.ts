import type { Json, SystemRecord } from '../../sync/core/types.ts';
import { Refusal } from '../system/failures.ts';
import type { Draft, World } from '../system/rules.ts';
import { defaultOwnerOf } from './default-owner.ts';
import { settleLines, settleTotals } from './lines.ts';
import type { Meant } from './product-texts.ts';
import { copyRevised } from './revision.ts';
import { guardOrderMove, guardQuoteMove, orderRank, quoteRanks } from './states.ts';

/** Settles a quote: number and revision, what its customer decides, status, lines and own sum. */
export function settleQuote(
  draft: Draft,
  world: World,
  { meant, revised }: { readonly meant: Meant; readonly revised: ReadonlyMap<string, SystemRecord> },
): void {
  const { fields, before, given, origin } = draft;
  if (!before) revise(draft, world);
  const original = !before && origin === 'person' ? revised.get(fields.revisionOfId as string) : undefined;
  const isCopied = original !== undefined && copyRevised(draft, original, world);
  fillFromCustomer(draft, world);
  refuseInactive(draft, world, fields.revisionOfId);
  fields.quoteNumber ??= world.number();
  fields.revision ??= 1;
  fields.name ??= fields.quoteNumber;
  guardQuoteMove(draft);
  if (origin === 'person' && before) {
    const from = quoteRanks[before.fields.status as string] ?? 0;
    // Reopened in the same write, it is open.
    if (from > 0 && (quoteRanks[fields.status as string] ?? 0) > 0)
      lockLines(draft, `while it is ${before.fields.status}; reopen it as DRAFT`);
    if (before.fields.status === 'ACCEPTED') freeze(draft, ['customerId'], 'once it is accepted');
    freezeWithLines(draft);
  }
  if (fields.status === 'ACCEPTED' && before?.fields.status !== 'ACCEPTED' && !given.has('acceptedAt'))
    fields.acceptedAt = world.now;
  // What was sold so far may be so once more: copies are not judged anew.
  settleLines(isCopied ? { ...draft, origin: 'system' } : draft, world, meant);
  settleTotals(draft, world);
}

/** Settles an order: what its customer decides, status, frozen fields, lines and own sum. */
export function settleOrder(draft: Draft, world: World, meant: Meant): void {
  const { fields, before, origin } = draft;
  fillFromCustomer(draft, world);
  refuseInactive(draft, world, fields.quoteId);
  guardOrderMove(draft);
  if (origin === 'person' && before) {
    const { status } = before.fields;
    const locked = status === 'SUBMITTED' || status === 'CLOSED' || status === 'CANCELLED';
    if (locked && fields.status !== 'DRAFT') lockLines(draft, `while it is ${status}`);
    const rank = orderRank(before.fields);
    if (rank >= 2) freeze(draft, ['customerId'], 'once it is confirmed');
    if (rank >= 4) freeze(draft, ['shippingAddress'], 'once it is shipped');
    if (rank >= 5) freeze(draft, ['billingAddress'], 'once it is invoiced');
    freezeWithLines(draft);
  }
  settleLines(draft, world, meant);
  settleTotals(draft, world);
}

function revise({ fields, origin }: Draft, world: World): void {
  if (fields.revisionOfId === null) return;
  const original = world.find('Quote', fields.revisionOfId)!;
  if (origin === 'person' && ['ACCEPTED', 'CANCELLED', 'REVISED'].includes(original.status as string)) {
    throw new Refusal(
      'STATE',
      `revisionOfId: quote ${original.quoteNumber} is ${original.status} and takes no new revision.`,
      {
        field: 'revisionOfId',
        value: fields.revisionOfId!,
      },
    );
  }
  fields.quoteNumber ??= original.quoteNumber!;
  fields.revision ??= (original.revision as number) + 1;
  for (const name of ['name', 'customerId', 'contactId', 'currency', 'ownerId'])
    fields[name] ??= original[name] ?? null;
}

function fillFromCustomer({ fields }: Draft, world: World): void {
  const { find, company } = world;
  const customer = find('Customer', fields.customerId);
  fields.currency ??= customer?.currency ?? company.currency;
  const owner = find('User', customer?.ownerId);
  fields.ownerId ??= owner?.active === true ? owner.id! : defaultOwnerOf(world);
}

/** Whoever is inactive hands over: he keeps what he has, be it by the quote it comes from, and a person gives him nothing new. */
function refuseInactive(
  { fields, before, given, origin }: Draft,
  { find }: World,
  fromQuote: Json | undefined,
): void {
  if (origin !== 'person' || !given.has('ownerId') || before?.fields.ownerId === fields.ownerId) return;
  const owner = find('User', fields.ownerId);
  if (owner?.active !== false || find('Quote', fromQuote)?.ownerId === fields.ownerId) return;
  throw new Refusal(
    'STATE',
    `ownerId: ${owner.fullName} is inactive and takes no new quotes and orders; name somebody else.`,
    { field: 'ownerId', value: fields.ownerId! },
  );
}

function lockLines(draft: Draft, when: string): void {
  const touched =
    draft.removed.length > 0 ||
    draft.lines.some(
      ({ before, fields, given }) =>
        !before || [...given].some((name) => JSON.stringify(before[name]) !== JSON.stringify(fields[name])),
    );
  if (touched) throw new Refusal('STATE', `lines: the lines are locked ${when}.`, { field: 'lines' });
}

function freezeWithLines(draft: Draft): void {
  const lines = draft.before?.fields.lines as readonly unknown[];
  if (lines.length > 0) freeze(draft, ['currency', 'pricesIncludeTax'], 'once a line exists');
}

function freeze({ before, fields }: Draft, names: readonly string[], when: string): void {
  for (const name of names) {
    if (JSON.stringify(before!.fields[name]) === JSON.stringify(fields[name])) continue;
    throw new Refusal('STATE', `${name} is frozen ${when}.`, { field: name, value: fields[name]! });
  }
}
