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
        /** E.164, `+4791234567`. A system that keeps phones as typed declares a text. */
        | 'phone'
        /** `http:` or `https:` only. */
        | 'url'
        /** ISO 4217, upper case. */
        | 'currency'
        /** BCP 47. */
        | 'language'
        | 'int'
        | 'boolean'
        | 'date'
        | 'dateTime';
    }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /**
   * An amount with exactly as many decimals as its currency has: the record's own (property `currency` or
   * `currencyCode`, where empty the company's), or with `in: 'company'` always the company's.
   */
  | { readonly kind: 'money'; readonly in?: 'company' }
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
  /** A small list of texts, each of at most `max` characters, stored as JSON. */
  | { readonly kind: 'texts'; readonly max: number }
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
  /**
   * Default of a required property. `setting:x` takes the company setting x, `today` the company's local date.
   * A required property without one is filled by the system's rules (from its customer, its product, its series).
   */
  readonly default?: string | number | boolean;
  /** `read`: computed or given by the system, absent from inputs. `sync`: absent from a person's inputs, the sync and imports write it. Default: everyone with the right to write. */
  readonly access?: 'read' | 'sync';
  /** Not stored with this record but derived from another; a write goes there. It cannot be filtered or sorted by. */
  readonly derived?: true;
  /** Field-level scope: only a caller with `read:cost` or `read:personal` sees it. */
  readonly scope?: 'cost' | 'personal';
  /** Unique among the system's records of this entity, where not null. */
  readonly unique?: boolean;
  /** Looked up or filtered often: gets an index. */
  readonly indexed?: boolean;
}

/**
 * One entity of one system: its properties and, for a document, those of its lines. Every record also has `id`,
 * `version`, `createdAt`, `updatedAt`, `updatedBy` and `archived`, every line also `lineId`: these are not declared.
 */
export interface Entity<P extends Properties = Properties, L extends Properties = Properties> {
  /** `Customer`: the graph's type is the system's prefix and this name. */
  readonly name: string;
  readonly doc: string;
  readonly properties: P;
  readonly lines?: L;
  /** The property that names the record to people. */
  readonly title: string;
  /** Own number series: property, prefix and digits (`C00001`). */
  readonly series?: Series;
}

/** A number series: the property it fills, and how its numbers look. */
export interface Series<Name extends string = string> {
  readonly property: Name;
  readonly prefix: string;
  readonly digits: number;
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
export function entity<const P extends Properties, const L extends Properties = Record<never, never>>(
  declared: Entity<P, L> & { readonly title: keyof P; readonly series?: Series<keyof P & string> },
): Entity<P, L> {
  return Object.freeze(declared);
}

/** A text of at most `max` characters. This and the following make a property's type in one short call. */
export const text = (max?: number): { readonly kind: 'text'; readonly max?: number } =>
  max === undefined ? { kind: 'text' } : { kind: 'text', max };
/** A code of at most `max` characters: trimmed, upper case. */
export const code = (max: number) => ({ kind: 'code', max }) as const;
/** An exact decimal of `precision` digits, `scale` of them behind the point. */
export const decimal = (precision: number, scale: number) => ({ kind: 'decimal', precision, scale }) as const;
/** One of `values`; `name` is the graph's enum. */
export const choice = <const V extends readonly string[]>(name: string, values: V) =>
  ({ kind: 'choice', name, values }) as const;
/** Another record of the same system, by id. */
export const ref = (to: string) => ({ kind: 'ref', to }) as const;
/** Another record's business key `code`, kept beside the id in property `ref`. */
export const refCode = (to: string, refProperty: string, codeProperty: string, max = 20) =>
  ({ kind: 'refCode', to, ref: refProperty, code: codeProperty, max }) as const;
