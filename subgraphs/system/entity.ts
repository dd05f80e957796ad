/**
 * The language in which a system declares its entities, once. Tables, SDL, inputs, filters, validators and the
 * shapes that mappings are checked against are derived from these declarations; a property is one line.
 */

/** How a property's values look in the graph and in PostgreSQL. Lengths in characters. */
export type PropertyType =
  | { readonly kind: 'text'; readonly max?: number }
  | { readonly kind: 'code'; readonly max: number }
  | {
      readonly kind:
        | 'email'
        | 'phone'
        | 'url'
        | 'currency'
        | 'language'
        | 'int'
        | 'boolean'
        | 'date'
        | 'dateTime';
    }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** An amount in the record's currency (or the company's): exactly as many decimals as that currency has. */
  | { readonly kind: 'money' }
  | { readonly kind: 'choice'; readonly name: string; readonly values: readonly string[] }
  /** One atomic value of six parts, stored as JSON under the system's own part names; the last part is the country. */
  | { readonly kind: 'address'; readonly name: string; readonly parts: AddressParts }
  /** The id of another record of the same system. */
  | { readonly kind: 'ref'; readonly to: string }
  /** The other record's business key beside its id: `customerNo` next to `customerId`. Writing either sets both. */
  | {
      readonly kind: 'refCode';
      readonly to: string;
      readonly ref: string;
      readonly code: string;
      readonly max: number;
    }
  /** A small list of plain objects, stored as JSON. */
  | { readonly kind: 'list'; readonly name: string; readonly of: Readonly<Record<string, PropertyType>> };

/** Names of the six parts, in the order line1 line2 city postalCode region country. */
export type AddressParts = readonly [string, string, string, string, string, string];

/** One property of an entity. */
export interface Property<Type extends PropertyType = PropertyType> {
  readonly type: Type;
  /** What it is for, shown in the graph's documentation. */
  readonly doc: string;
  /** Stored non-null. What an input leaves out gets `default`, or is made by the system. */
  readonly required?: boolean;
  /** An input that leaves it out is refused. */
  readonly demanded?: boolean;
  /** Default of a required property. `setting:x` takes the company setting x. */
  readonly default?: string | number | boolean;
  /** `read`: computed or given by the system, absent from inputs. `sync`: absent from a person's inputs, the sync and imports write it. Default: everyone with the right to write. */
  readonly access?: 'read' | 'sync';
  /** Field-level scope: only a caller with `read:cost` or `read:personal` sees it. */
  readonly scope?: 'cost' | 'personal';
  /** Unique among the system's records of this entity, where not null. */
  readonly unique?: boolean;
  /** Looked up or filtered often: gets an index. */
  readonly indexed?: boolean;
}

/** One entity of one system: its properties and, for a document, those of its lines. */
export interface Entity<P extends Properties = Properties, L extends Properties = Properties> {
  /** `Customer`: the graph's type is the system's prefix and this name. */
  readonly name: string;
  readonly doc: string;
  readonly properties: P;
  readonly lines?: L;
  /** The property that names the record to people. */
  readonly title: keyof P & string;
  /** Own number series: property, prefix and digits (`C00001`). */
  readonly series?: { readonly property: keyof P & string; readonly prefix: string; readonly digits: number };
}

/** Properties by name, in the order in which they are shown. */
export type Properties = Readonly<Record<string, Property>>;

/** One system: its prefix in the graph (`Crm`), its PostgreSQL schema, and its entities. */
export interface SystemShape<E extends Readonly<Record<string, Entity>> = Readonly<Record<string, Entity>>> {
  readonly prefix: string;
  readonly schema: string;
  readonly entities: E;
}

/** Declares an entity and keeps its property names for the compiler. */
export function entity<const P extends Properties, const L extends Properties>(
  declared: Entity<P, L>,
): Entity<P, L> {
  return Object.freeze(declared);
}
