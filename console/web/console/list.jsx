import { useState } from 'react';
import { useAsked, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { count } from './words.js';

/** Entries of one request: what the gateway allows. */
const pageSize = 100;

/**
 * A list as far as it was asked for: `first` entries, and a page more whenever `more` is called. `from` finds the
 * connection in the answer; `newestFirst` reads it from its end. Kept up to date like any query.
 */
export function useList(operation, variables, { from, first = 30, newestFirst = false, ...asked }) {
  const { client } = useTandem();
  const key = JSON.stringify([operation, variables]);
  const [wanted, setWanted] = useState({ key, most: first });
  const most = wanted.key === key ? wanted.most : first;
  const { data, error, reload } = useAsked(
    () => entries(most, (page) => client.ask(text(operation), { ...variables, ...page }), from, newestFirst),
    JSON.stringify([key, most]),
    asked,
  );
  return {
    ...data,
    error,
    reload,
    more: () => setWanted({ key, most: (data?.nodes.length ?? 0) + pageSize }),
  };
}

/** Asks for the next page, and says how much of the list is there. */
export function More({ list: { nodes, totalCount, hasMore, more } }) {
  if (!hasMore) return null;
  return (
    <button type="button" className="more" onClick={more}>
      Show more: {count(nodes.length)} of {count(totalCount)} are here
    </button>
  );
}

async function entries(most, ask, from, newestFirst) {
  const nodes = [];
  for (let cursor = null; ; ) {
    const size = Math.min(pageSize, most - nodes.length);
    const connection = from(
      await ask(newestFirst ? { last: size, before: cursor } : { first: size, after: cursor }),
    );
    if (!connection) return { nodes, totalCount: 0, hasMore: false };
    const { totalCount, pageInfo } = connection;
    nodes.push(...(newestFirst ? connection.nodes.toReversed() : connection.nodes));
    const hasMore = newestFirst ? pageInfo.hasPreviousPage : pageInfo.hasNextPage;
    if (!hasMore || connection.nodes.length === 0 || nodes.length >= most)
      return { nodes, totalCount, hasMore };
    cursor = newestFirst ? pageInfo.startCursor : pageInfo.endCursor;
  }
}
