import type { Json } from '../../sync/index.ts';
import type { SystemAway } from './away.ts';

/** One row of a mapping with what was measured. */
export interface FlowProperty {
  readonly row: number;
  /** Canonical name, under which values are stored. */
  readonly field: string;
  readonly mapping: string;
  readonly crmProperty: string | null;
  readonly crmType: string | null;
  readonly erpProperty: string | null;
  readonly erpType: string | null;
  readonly direction: string;
  readonly transformation: string;
  readonly rule: string;
  readonly wins: string;
  readonly requiredInCrm: boolean;
  readonly requiredInErp: boolean;
  readonly writableInCrm: boolean;
  readonly writableInErp: boolean;
  readonly scope: string | null;
  readonly lossy: string | null;
  readonly pairsChecked: number;
  readonly equal: number;
  readonly notEqual: number;
  readonly passRate: number | null;
  readonly lastMismatch: string | null;
  readonly examples: readonly { readonly linkId: string; readonly crm: Json; readonly erp: Json }[];
}

/** A mapping as a checklist, measured. */
export interface MeasuredFlow {
  readonly flow: string;
  readonly crmEntity: string;
  readonly erpEntity: string;
  readonly rule: string;
  /** What the mapping demands of a record in any case. */
  readonly condition: string | null;
  readonly matchKeys: readonly string[];
  readonly properties: readonly FlowProperty[];
  readonly lines: readonly FlowProperty[];
  readonly pairsChecked: number;
}

/** The same with who is away while it is measured, as it is printed. */
export interface PrintedFlow extends MeasuredFlow {
  readonly away: readonly SystemAway[];
}

/** The same as the graph shows it: what is measured is asked for where it is selected. */
export interface FlowDocument extends Omit<MeasuredFlow, 'properties' | 'lines' | 'pairsChecked'> {
  readonly properties: readonly UnmeasuredProperty[];
  readonly lines: readonly UnmeasuredProperty[];
  readonly pairsChecked: () => Promise<number>;
  readonly away: () => Promise<readonly SystemAway[]>;
  readonly markdown: () => Promise<string>;
  readonly restructuredText: () => Promise<string>;
}

type MeasuredName = 'pairsChecked' | 'equal' | 'notEqual' | 'passRate' | 'lastMismatch' | 'examples';

/** A row of which what is measured is asked for where it is selected. */
export type UnmeasuredProperty = Omit<FlowProperty, MeasuredName> & {
  readonly [Name in MeasuredName]: () => Promise<FlowProperty[Name]>;
};
