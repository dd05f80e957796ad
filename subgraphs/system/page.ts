import type { Json, SystemRecord } from '../../sync/core/types.ts';

/** What is asked of records: all comparisons of one object have to hold. */
export interface RecordFilter {
  /** By property name, or one of id, version, createdAt, updatedAt, updatedBy, archived. */
  readonly where?: Readonly<Record<string, Comparisons>>;
  readonly and?: readonly RecordFilter[];
  readonly or?: readonly RecordFilter[];
  readonly not?: RecordFilter;
}

/** Comparisons of one property with values in its normal form. `contains` disregards case. */
export interface Comparisons {
  readonly eq?: Json;
  readonly in?: readonly Json[];
  readonly contains?: string;
  readonly gt?: Json;
  readonly gte?: Json;
  readonly lt?: Json;
  readonly lte?: Json;
  readonly isNull?: boolean;
}

/** One page of one entity's records. */
export interface PageQuery {
  readonly filter?: RecordFilter;
  /** Words that all have to occur in the record's texts. */
  readonly search?: string;
  /** Equal records follow by id, in the same direction. Default: by id. */
  readonly sort?: { readonly field: string; readonly direction: 'ASC' | 'DESC' };
  /** Records at most. */
  readonly limit: number;
  /** Position that the page starts after (with `backward`: ends before), as a page gave it. */
  readonly from?: string;
  /** The last records of the list instead of the first, still in list order. */
  readonly backward?: boolean;
}

/** A page in list order. */
export interface RecordPage {
  readonly records: readonly SystemRecord[];
  /** The position of each record, to resume from. */
  readonly positions: readonly string[];
  /** Whether the list goes on beyond the page in the direction of reading. */
  readonly more: boolean;
}
