/** A JSON object as subgraphs answer it. */
export type Entity = { [key: string]: unknown };

/** Whether a value is a JSON object or array. */
export function isObject(value: unknown): value is Entity {
  return value !== null && typeof value === 'object';
}

/** Names that say nothing of an object's type: subgraphs with an `@interfaceObject` answer the interface's own. */
export type VagueTypes = ReadonlySet<unknown>;

/**
 * Merges one answer into another in place: objects key by key, lists index by index. A null never replaces a
 * value, because two subgraphs may answer the same field and only one of them knows the record.
 */
export function merge(target: Entity, source: Entity, vague: VagueTypes): Entity {
  for (const key in source) {
    if (key === '__proto__') continue;
    const mine = target[key];
    const theirs = source[key];
    // A function is what a plain object inherits (`constructor`), never an answer.
    if (mine === undefined || typeof mine === 'function') target[key] = theirs;
    else if (!isObject(mine) || !isObject(theirs)) {
      if (theirs !== null && !(key === '__typename' && vague.has(theirs))) target[key] = theirs;
    } else if (Array.isArray(mine) && Array.isArray(theirs)) mergeLists(mine, theirs, vague);
    else if (mine !== theirs) merge(mine, theirs, vague);
  }
  return target;
}

function mergeLists(target: unknown[], source: readonly unknown[], vague: VagueTypes): void {
  for (let i = 0; i < source.length; i++) {
    const mine = target[i];
    const theirs = source[i];
    if (Array.isArray(mine) && Array.isArray(theirs)) mergeLists(mine, theirs, vague);
    else if (isObject(mine) && isObject(theirs)) {
      if (mine !== theirs) merge(mine, theirs, vague);
    } else if (mine === null || mine === undefined) target[i] = theirs;
  }
}
