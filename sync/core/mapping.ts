import type { Held, Json, LinkedRecords, MappingName, RecordRef, Side, Stage, Values } from './types.ts';

/** What codecs may ask: company settings, code lists, and links of other records. Filled before decoding; pure look-ups. */
export interface Lookup extends LinkedRecords {
  readonly company: {
    readonly baseCurrency: string;
    readonly country: string;
    readonly timeZone: string;
    readonly writeInItem: string;
  };
  /** The other system's code, or undefined when nobody mapped it. Country of the record where the list depends on it. */
  code(list: string, side: Side, code: string): string | undefined;
  /** Whether several codes of the ERP are read as this one of the CRM. */
  isShared(list: string, code: string): boolean;
  /** Id of the link that this record belongs to, or undefined while it has none. */
  link(ref: RecordRef): string | undefined;
  /** How the last link of this record ended (`erased`, `deleted`); undefined while it has one, or never had. */
  endedBy(ref: RecordRef): string | undefined;
}

/** What else of the record a codec may look at: the address's country for a phone number, the currency for an amount. */
export interface CodecContext {
  readonly lookup: Lookup;
  readonly side: Side;
  /** Native fields of the whole record (and, for a line, of its document under `document`). */
  readonly fields: Readonly<Record<string, Json>>;
  readonly document?: Readonly<Record<string, Json>>;
  /** Id of the record, or of the line; absent while it is being created. */
  readonly id?: string;
  /** When encoding: the canonical values being written, which may say more than the native fields they replace. */
  readonly values?: Values;
}

/** Why a value can't travel: the codec's part of a `Held`. */
export type Hold = Pick<Held, 'kind' | 'message' | 'for' | 'list' | 'code'> & { readonly value?: Json };

/**
 * A native value in normal form, or why it has none. A reference that waits keeps a placeholder as its value, so that
 * it can be compared; `none` means the side has no opinion (an address of six empty parts). `finer`: the native value
 * once more, where others of the ERP mean the same.
 */
export type Decoded =
  | { readonly value: Json; readonly finer?: Json }
  | { readonly held: Hold; readonly value?: Json }
  | { readonly none: true };

/** A canonical value as the target stores it, or why it can't. */
export type Encoded = { readonly value: Json } | { readonly held: Hold };

/** How one kind of value is brought to normal form and back. Obeys encode(decode(x)) = x for what a side stores, unless `lossy`. */
export interface Codec {
  /** Named in the dataflow document: `text`, `E.164`, `code list payment terms`. */
  readonly name: string;
  decode(native: Json, context: CodecContext): Decoded;
  encode(value: Json, context: CodecContext): Encoded;
  /** Further native properties that the write has to set, or with undefined to leave alone. */
  also?(value: Json, context: CodecContext): Readonly<Record<string, Json | undefined>>;
  /** What a side sets by itself when this value is written there. */
  sets?(side: Side): Readonly<Record<string, Json>>;
  /** Native spellings under which a counterpart may hold the value, best first. Default: what `encode` gives. */
  spellings?(value: Json, context: CodecContext): readonly Json[];
  /** Why the round trip loses something, shown wherever the field shows. */
  readonly lossy?: string;
  /** The value names another record, of this entity on either side: canonical is the id of its link. */
  readonly refers?: Readonly<Record<Side, string>>;
  /** The code list that the value is of, or its part: an address's country, the units of a list. */
  readonly list?: string;
}

/** Who wins where both sides changed the field since the base. */
export type Winner = 'latest' | 'crm' | 'erp' | 'inbox' | 'rank' | 'strictest';

/** One row of a mapping: the canonical name is its key and equals the CRM property's name wherever there is one. */
export interface FieldRule {
  /** Row number in the mapping document. */
  readonly row: number;
  /** Native property on each side; null where the value is made by the codec from the whole record. `id` is the record's. */
  readonly crm: string | null;
  readonly erp: string | null;
  /** What documents show in place of a native property that stands behind it: the code beside an id. */
  readonly shown?: Partial<Readonly<Record<Side, string>>>;
  readonly codec: Codec;
  readonly way: 'both' | 'toErp' | 'toCrm' | 'off';
  readonly wins: Winner;
  /** Commercial content: travels only on the link that carries the content at the deal's stage. */
  readonly content?: boolean;
  /** From stage `released` on, an edit in the CRM goes to the inbox whether or not the ERP changed it too. */
  readonly guarded?: boolean;
  /** From this stage on the field is frozen: an edit of the receiving side is put back. */
  readonly frozenFrom?: 'accepted' | 'released' | 'shipped' | 'closed';
  /** A reference without which the record as a whole waits; others hold only their field. */
  readonly waits?: boolean;
  /** Only at these stages of a deal; everywhere where left out. */
  readonly stages?: readonly Stage[];
  /** Follows from another pair: shown and compared, never written here. */
  readonly derived?: boolean;
  /** Only the order of the values counts, not the values: line numbers. */
  readonly order?: boolean;
  /** Fields that a system fills in anew from the record that this one names, where a write does not give them. */
  readonly fills?: readonly string[];
  /** The field whose country decides how the ERP's value is read. */
  readonly reads?: string;
  /** The other half of a discount: whichever of the two was typed travels, the other is derived. */
  readonly pair?: string;
  /** Copied at most once in so many ms per record (computed values such as stock). */
  readonly throttleMs?: number;
  /** An edit rests so long, in ms, before it travels; a company sets it, by default none. */
  readonly settleMs?: number;
  /** For state maps: the canonical status of higher rank stands; see state-maps.ts. */
  readonly states?: 'A' | 'B' | 'C';
  readonly required?: Readonly<Record<Side, boolean>>;
  /** Sides on which nobody can type the value: the system computes it, or keeps it to itself. */
  readonly given?: Readonly<Record<Side, boolean>>;
  /** Whether others may refer to the record hangs on it: what was refused for its sake is tried again when it changes. */
  readonly admits?: true;
  /** Names anew only a record that admits it: an owner who is active. */
  readonly admitted?: true;
  /** What kind of JSON a person types for it. */
  readonly takes?: 'text' | 'number' | 'boolean' | 'address' | 'list';
  /** What a person may type for it at least and at most. What stands in a system travels whatever it is: imports have their reasons. */
  readonly typed?: {
    readonly least?: string;
    readonly most?: string;
    /** The number's decimals are those that the record which field `of` names has in its field `as`. */
    readonly decimals?: { readonly of: string; readonly as: string };
  };
  readonly rule: string;
}

/** One way of finding a counterpart: fields whose normal forms must be equal on both sides but for case, with the score of a hit. */
export interface MatchKey {
  readonly fields: readonly string[];
  /** 0 to 100. From 90 on a unique hit links by itself; below it becomes a proposal. */
  readonly score: number;
  /** Only where the value is unique on both sides. */
  readonly uniqueOnly?: boolean;
  /** Compared without legal forms, case and marks; of an address only the country. */
  readonly loose?: boolean;
}

/** How records of a flow come to be linked. */
export type LinkRule =
  | { readonly kind: 'every' | 'match' | 'connected' | 'never' }
  | { readonly kind: 'when'; readonly condition: (values: Values) => boolean; readonly text: string };

/** One flow: an entity of the CRM and an entity of the ERP that stand for the same thing. Frozen plain data. */
export interface Mapping {
  readonly name: MappingName;
  readonly crm: string;
  readonly erp: string;
  /** Its links stand between records that have counterparts of their own in other flows: a quote and its order, an order and who sells it. */
  readonly between?: true;
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** Documents only: the rows of the line table. */
  readonly lines?: Readonly<Record<string, FieldRule>>;
  /** Row number of the lines as a whole. */
  readonly linesRow?: number;
  readonly match: readonly MatchKey[];
  readonly links: LinkRule;
  /** May a record born on that side create one on the other? */
  readonly creates: Readonly<Record<Side, boolean>>;
  /** Of orders: an ERP order that came from a quote gets its CRM order made once the quote is accepted. Default: it waits for people to make it. */
  readonly createCrmOrder?: 'onAcceptance';
  readonly onDelete: Readonly<Record<Side, 'archive' | 'unlink' | 'delete'>>;
  /** The side that may have many records for one of the other: none for 1:1. */
  readonly many?: Side;
  /** Documents: the stages at which this link carries the commercial content. */
  readonly carries?: readonly Stage[];
  /** Lines of the CRM document that stay behind: property and values that say so. */
  readonly staysBehind?: { readonly property: string; readonly values: readonly string[] };
  /** The ERP charge line that stands for a field of the header: `freightAmount` and `FREIGHT`. */
  readonly chargeLine?: { readonly field: string; readonly code: string; readonly description: string };
}
