import { block, enumBlock } from '../system/sdl-text.ts';
import type { Listing } from './listing.ts';

/** Connection and edge of a node type. */
export function connectionTypes(name: string): readonly string[] {
  return [
    block(`type ${name}Connection`, `A page of ${name} records.`, [
      { name: 'nodes', text: `: [${name}!]!` },
      { name: 'edges', text: `: [${name}Edge!]!` },
      { name: 'pageInfo', text: ': PageInfo!' },
      { name: 'totalCount', text: ': Int!', doc: 'Of all pages together; counted only where selected.' },
    ]),
    block(`type ${name}Edge`, `A ${name} with its place in the page.`, [
      { name: 'node', text: `: ${name}!` },
      { name: 'cursor', text: ': String!' },
    ]),
  ];
}

/** Filter of a list, and its sort where it has one. */
export function filterTypes(listing: Listing, name = listing.name): readonly string[] {
  const columns = Object.entries(listing.columns);
  const sorts = columns.filter(([, column]) => column.sorts).map(([field]) => field);
  return [
    block(`input ${name}Filter`, 'Comparisons of one object all have to hold.', [
      ...columns.map(([field, { comparison }]) => ({ name: field, text: `: ${comparison}` })),
      { name: 'and', text: `: [${name}Filter!]` },
      { name: 'or', text: `: [${name}Filter!]` },
      { name: 'not', text: `: ${name}Filter` },
    ]),
    ...(sorts.length === 0 || listing.position !== undefined
      ? []
      : [
          block(`input ${name}Sort`, 'A property and a direction; equal records follow by id.', [
            { name: 'field', text: `: ${name}SortField!` },
            { name: 'direction', text: ': SortDirection! = ASC' },
          ]),
          enumBlock(`${name}SortField`, `What ${name} records can be sorted by.`, ['id', ...sorts]),
        ]),
  ];
}

/** The arguments of a list that can be read in both directions. */
export function listArguments(listing: Listing, name = listing.name): string {
  const sortable =
    listing.position === undefined && Object.values(listing.columns).some((column) => column.sorts);
  return `first: Int = 20, after: String, last: Int, before: String, filter: ${name}Filter${
    listing.search === undefined ? '' : ', search: String'
  }${sortable ? `, sort: ${name}Sort` : ''}`;
}
