import type { RecordRef } from '../core/types.ts';
import { ring } from '../store/lanes.ts';
import { idOn } from './adopted.ts';
import { lookAgain } from './lone.ts';
import { refKey } from './records.ts';
import type { StepContext } from './step-context.ts';
import { refOfLink, type Work } from './work.ts';

/** Works, and those that come back once the revision of their quote has taken its place. */
export interface Revised {
  readonly works: readonly Work[];
  readonly later: readonly Work[];
  /** Quotes that were revised before they had a counterpart: they get none. */
  readonly history: readonly Work[];
}

/**
 * A quote that was revised is history: what was edited in its deal meets the revision, not it. Written to the old quote
 * it would be agreed there, and what the revision shows from before would pass for the later edit. So such a deal waits
 * until the revision has joined it, which comes by a lane of its own. One that nobody had linked by then has nothing to
 * hand over: its revision is the deal.
 */
export async function awaitRevisions(context: StepContext, works: readonly Work[]): Promise<Revised> {
  const revised = works.flatMap((work) => {
    const quote = revisedQuote(context, work);
    return quote ? [{ work, quote }] : [];
  });
  if (revised.length === 0) return { works, later: [], history: [] };
  const found = await context.connectors.crm.find(
    revised.map(({ quote }) => ({ entity: quote.entity, where: { revisionOfId: quote.id } })),
  );
  const successors = found.map((records) => records.map(({ id }) => id));
  const ids = [...successors.flat(), ...revised.map(({ quote }) => quote.id)];
  const links = await context.linksOf(ids.map((id) => ({ mapping: 'quote', side: 'crm', id })));
  const linksOf = (id: string) => links.filter((link) => idOn(link, 'crm') === id);
  const coming: { readonly work: Work; readonly ref: RecordRef }[] = [];
  const joined: Work[] = [];
  const history: { readonly work: Work; readonly quote: RecordRef }[] = [];
  for (const [n, { work, quote }] of revised.entries()) {
    const known = successors[n]!.some((id) => linksOf(id).length > 0);
    const [next] = successors[n]!;
    if (linksOf(quote.id).length === 0) {
      if (next !== undefined) history.push({ work, quote });
    }
    // It joined while this step read the links as they were before.
    else if (linksOf(quote.id).every(({ state }) => state === 'ended')) joined.push(work);
    else if (next !== undefined && !known) coming.push({ work, ref: { ...quote, id: next } });
  }
  if (!context.preview)
    await ring(
      context.sql,
      coming.map(({ work: { lane }, ref }) => ({
        key: `rec:${refKey(ref)}`,
        mapping: 'quote',
        cause: lane.cause,
        priority: lane.priority,
      })),
    );
  if (!context.preview)
    await lookAgain(
      context,
      history.map(({ quote }) => ({ each: { ref: quote, mapping: 'quote' as const }, link: null })),
    );
  const later = [...joined, ...coming.map(({ work }) => work)];
  const past = history.map(({ work }) => work);
  return {
    works: works.filter((work) => !later.includes(work) && !past.includes(work)),
    later,
    history: past,
  };
}

/** The CRM quote of a deal, where somebody has revised it. */
function revisedQuote({ mappings, records }: StepContext, { links }: Work): RecordRef | null {
  const link = links.find(({ mapping, state }) => mapping === 'quote' && state !== 'ended');
  const ref = link && refOfLink(mappings.quote, link, 'crm');
  return ref && records.get(ref)?.fields.status === 'REVISED' ? ref : null;
}
