import type { Page, Query, System } from './system.ts';

/** Per id the page of the records whose `property` refers to it. */
export async function pagesWithin(
  system: System,
  entity: string,
  property: string,
  ids: readonly string[],
  query: Query,
): Promise<readonly Page[]> {
  return Promise.all(
    ids.map((id) => {
      const own = { [property]: { eq: id } };
      return system.query(entity, {
        ...query,
        where: query.where === undefined ? own : { and: [own, query.where] },
      });
    }),
  );
}
