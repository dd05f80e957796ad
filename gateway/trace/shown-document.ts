import { type DocumentNode, print, visit } from 'graphql';

const shown = new WeakMap<DocumentNode, string>();

/** A document's text without the values written into it: those may be anybody's name or address. */
export function shownDocument(document: DocumentNode): string {
  const known = shown.get(document);
  if (known !== undefined) return known;
  const bare = visit(document, {
    StringValue: (node) => ({ ...node, value: '', block: false }),
    IntValue: (node) => ({ ...node, value: '0' }),
    FloatValue: (node) => ({ ...node, value: '0' }),
    ListValue: (node) => ({ ...node, values: [] }),
    ObjectValue: (node) => ({ ...node, fields: [] }),
  });
  const text = print(bare);
  shown.set(document, text);
  return text;
}
