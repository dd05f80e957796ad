import type { UnifiedType } from './unified.ts';

/** SQL types that a list can be compared and sorted by. */
export type ColumnType = 'text' | 'int' | 'numeric' | 'boolean' | 'date' | 'timestamptz';

/** One property of a list: how it is compared in the graph and in SQL. */
export interface Column {
  /** The comparison input, such as `StringFilter`. */
  readonly comparison: string;
  readonly sql: string;
  readonly type: ColumnType;
  /** From the graph's value to the stored one (enums, typed ids). Default: as it is. */
  readonly stored?: (value: unknown) => unknown;
  /** A reference: what is stored names a record of these entities by its link, or alone; the graph shows its CRM id. */
  readonly refers?: Pick<UnifiedType, 'mapping' | 'crm' | 'erp'>;
  /** Only for callers who may see it: a comparison tells as much as the value. */
  readonly scopes?: readonly ('read:cost' | 'read:personal')[];
  /** Compared part by part, as an address is. */
  readonly parts?: Readonly<Record<string, Column>>;
  /** Offered in the sort of the list. */
  readonly sorts?: true;
}

/** Something that is listed in pages. */
export interface Listing {
  /** Name of the node type in the graph. */
  readonly name: string;
  /** `sync.link l`: table and alias. */
  readonly from: string;
  readonly select: string;
  readonly id: string;
  /** What always holds. */
  readonly where: string;
  readonly columns: Readonly<Record<string, Column>>;
  /** Texts that `search` looks into. */
  readonly search?: readonly string[];
  /** The order where none is asked for: a unique column of its own, shown to the client as the cursor. */
  readonly position?: { readonly sql: string; readonly type: ColumnType };
  /** A condition that falls away as soon as the filter's text names the word. */
  readonly unless?: { readonly names: string; readonly where: string };
}

/** Collects the parameters of one statement. */
export interface Parameters {
  readonly values: unknown[];
  /** Adds one; returns its place, `$3`. */
  add(value: unknown): string;
}

/** An empty list of parameters. */
export function parameters(): Parameters {
  const values: unknown[] = [];
  return {
    values,
    add(value) {
      values.push(value);
      return `$${values.length}`;
    },
  };
}
