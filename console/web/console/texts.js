import { fragments, operations } from 'operations';
import { operationName, withFragments } from '../../operations/with-fragments.ts';

const byName = (texts) => new Map(Object.entries(texts).map(([file, text]) => [operationName(file), text]));

const fragmentTexts = byName(fragments);

/** The text of an operation of console/operations, or one made for a record, with the fragments it needs. */
export function text(operation) {
  return withFragments(operationTexts.get(operation) ?? operation, fragmentTexts);
}

const operationTexts = byName(operations);
