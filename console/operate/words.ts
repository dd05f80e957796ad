import { flowNames } from '../operations/flows.ts';
import { OperatorError } from './operator.ts';

/** `QUOTE_ORDER` → `quote-order`, as it is typed. */
export function typed(word: string): string {
  return word.toLowerCase().replaceAll('_', '-');
}

/** A flow as the graph takes it. Throws an OperatorError that names the flows there are. */
export function flowNamed(word: string): string {
  const flow = capitals(word.trim());
  if (flowNames.includes(flow)) return flow;
  throw unknown('flow', word, flowNames.map(typed));
}

/** A code list as the graph takes it. Throws an OperatorError that names the lists there are. */
export function codeListNamed(word: string): string {
  const list = capitals(word.trim());
  if (codeLists.includes(list)) return list;
  throw unknown('code list', word, codeLists.map(typed));
}

/** The name of an act: that of its mutation. Throws an OperatorError that names the acts there are. */
export function actNamed(word: string): string {
  const name = word.trim();
  if (actNames.includes(name)) return name;
  throw unknown('act', word, actNames);
}

function unknown(what: string, word: string, known: readonly string[]): OperatorError {
  return new OperatorError(`There is no ${what} ${word.trim()}. There are ${listed(known, 'and')}.`, 2);
}

/** A flow option as the graph takes it; nothing where none was given. */
export function flowOf(option: string | boolean | undefined): string | null {
  return typeof option === 'string' ? flowNamed(option) : null;
}

/** `a,b` as the graph takes a list of flows; null for all of them. */
export function flowsOf(option: string | boolean | undefined): readonly string[] | null {
  return typeof option === 'string' ? option.split(',').map(flowNamed) : null;
}

/** One of some words as the graph takes it. `what` names what was given. Throws an OperatorError with the choice there is. */
export function oneOf(choice: readonly string[], what: string, given: string): string {
  if (choice.includes(given.toLowerCase())) return capitals(given);
  throw new OperatorError(`${what} ${given} has to be ${listed(choice, 'or')}.`, 2);
}

/** CRM or ERP. */
export const sides = ['crm', 'erp'] as const;

/** `quote-order`, `quoteOrder` → `QUOTE_ORDER`, as the graph takes it. */
function capitals(word: string): string {
  return word
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
}

const listed = (words: readonly string[], last: string): string =>
  `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;

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

/** The code lists by the names that the graph gives them. */
export const codeLists: readonly string[] = [
  'UNITS',
  'TAX',
  'TAX_TREATMENT',
  'PAYMENT_TERMS',
  'DELIVERY_TERMS',
  'SALUTATION',
  'HOLD_REASON',
  'LANGUAGE',
  'PAYMENT_METHOD',
  'SHIPPING_METHOD',
  'PRICE_LIST',
  'CATEGORY',
  'WAREHOUSE',
  'TEAM',
  'DEPARTMENT',
  'TERRITORY',
  'COUNTRY',
  'CURRENCY',
];

/** What people can do by hand, by the names of the mutations: the audit trail tells of nothing else. */
export const actNames: readonly string[] = [
  'syncCustomer',
  'syncContact',
  'syncProduct',
  'syncQuote',
  'syncQuoteOrder',
  'syncOrder',
  'syncUserOrder',
  'sync',
  'applyPlan',
  'link',
  'unlink',
  'relink',
  'swapLinks',
  'resolveMatch',
  'resolveConflict',
  'resolveConflicts',
  'removeRule',
  'followMerge',
  'retry',
  'revert',
  'startBackfill',
  'startReconciliation',
  'cancelRun',
  'rerunFailed',
  'pauseFlow',
  'resumeFlow',
  'setFlow',
  'setField',
  'setCode',
  'removeCode',
  'erase',
];
