/** `quote-order`, `quoteOrder` → `QUOTE_ORDER`: the graph says what it does not know. */
export function capitals(word: string): string {
  return word
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
}

/** `QUOTE_ORDER` → `quote-order`, as it is typed. */
export function typed(word: string): string {
  return word.toLowerCase().replaceAll('_', '-');
}

/** A flow option as the graph takes it; nothing where none was given. */
export function flowOf(option: string | boolean | undefined): string | null {
  return typeof option === 'string' ? capitals(option) : null;
}

/** `a,b` as the graph takes a list of flows; null for all of them. */
export function flowsOf(option: string | boolean | undefined): readonly string[] | null {
  return typeof option === 'string' ? option.split(',').map((part) => capitals(part.trim())) : null;
}

/** A link as it is shown. */
export interface LinkHead {
  readonly id: string;
  readonly flow: string;
  readonly title: string | null;
  readonly state: string;
  readonly crmId: string | null;
  readonly erpId: string | null;
}

/** What people call the record of a link. */
export function nameOf(link: LinkHead | null | undefined): string | null {
  return link ? (link.title ?? link.crmId ?? link.erpId ?? link.id) : null;
}
