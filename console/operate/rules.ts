import { how, type Run } from './command.ts';
import { OperatorError } from './operator.ts';
import { plain } from './table.ts';
import { flowNamed, type LinkHead, nameOf, oneOf, typed } from './words.ts';

/** What a setting would change. */
export interface Change {
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  readonly pairs: number;
  readonly issues: number;
  readonly conflicts: number;
  readonly effect: string;
  readonly examples: readonly LinkHead[];
  readonly replay: { readonly checked: number; readonly differing: number } | null;
}

interface FlowSetting {
  readonly flow: string;
  readonly rule: string;
  readonly onDeleteInCrm: string;
  readonly onDeleteInErp: string;
  readonly createCrmOrder: string | null;
  readonly change: Change | null;
}

interface FieldSetting {
  readonly flow: string;
  readonly field: string;
  readonly direction: string;
  readonly wins: string;
  readonly settleSeconds: number;
  readonly change: Change | null;
}

/** Sets how records of a flow come to be linked and what deletions do, or shows what that would change. */
export const setFlow: Run = async (operator, options, [flow = '']) => {
  const { rule, onDeleteInCrm, onDeleteInErp, createCrmOrder } = options;
  const set = {
    ...word('rule', linkRules, '--rule', rule),
    ...word('onDeleteInCrm', deletePolicies, '--on-delete-in-crm', onDeleteInCrm),
    ...word('onDeleteInErp', deletePolicies, '--on-delete-in-erp', onDeleteInErp),
    ...word('createCrmOrder', crmOrderCreations, '--create-crm-order', createCrmOrder),
  };
  if (Object.keys(set).length === 0)
    throw new OperatorError(
      'Say what to set: --rule, --on-delete-in-crm, --on-delete-in-erp or --create-crm-order.',
      2,
    );
  const { setFlow: told } = await operator.ask<{ setFlow: FlowSetting }>('SetFlow', {
    flow: flowNamed(flow),
    ...set,
    ...how(options),
  });
  operator.show(told, () =>
    told.change
      ? linesOfChange(told.change)
      : [
          `${typed(told.flow)}: rule ${typed(told.rule)}, a deletion in the CRM: ${typed(told.onDeleteInCrm)}, in the ERP: ${typed(told.onDeleteInErp)}${told.createCrmOrder ? `, CRM orders ${typed(told.createCrmOrder)}` : ''}.`,
        ],
  );
  return 0;
};

/** Sets which way a field travels, who wins and how long an edit rests, or shows what that would change. */
export const setField: Run = async (operator, options, [flow = '', field = '']) => {
  const { direction, wins, settle, declared } = options;
  const set = {
    ...word('direction', directions, '--direction', direction),
    ...word('wins', winners, '--wins', wins),
    ...(typeof settle === 'string' && { settleSeconds: secondsOf(settle) }),
  };
  if ((Object.keys(set).length === 0) !== (declared === true))
    throw new OperatorError(
      'Say what to set, --direction, --wins or --settle, or with --declared alone that all is to be as the mapping declares it.',
      2,
    );
  const { setField: told } = await operator.ask<{ setField: FieldSetting }>('SetField', {
    flow: flowNamed(flow),
    field,
    ...set,
    ...how(options),
  });
  operator.show(told, () =>
    told.change
      ? linesOfChange(told.change)
      : [
          `${typed(told.flow)} ${told.field}: direction ${typed(told.direction)}, winner ${typed(told.wins)}, an edit rests ${told.settleSeconds} s.`,
        ],
  );
  return 0;
};

const linkRules = ['every', 'match', 'connected', 'never', 'accepted'];
const deletePolicies = ['archive', 'unlink', 'delete'];
const crmOrderCreations = ['by-hand', 'on-acceptance'];
const directions = ['both', 'to-erp', 'to-crm', 'off'];
const winners = ['latest', 'crm', 'erp', 'inbox'];

/** An option that is one of some words, under the name that the graph has for it. */
function word(
  name: string,
  choice: readonly string[],
  option: string,
  given: string | boolean | undefined,
): Readonly<Record<string, string>> {
  return typeof given === 'string' ? { [name]: oneOf(choice, option, given) } : {};
}

function secondsOf(given: string): number {
  const seconds = Number(given);
  if (given.trim() === '' || !Number.isFinite(seconds) || seconds < 0)
    throw new OperatorError(`--settle ${given} has to be a number of seconds, 0 or more.`, 2);
  return seconds;
}

/** That in words. */
export function linesOfChange(change: Change): readonly string[] {
  const { before, after, pairs, issues, conflicts, effect, examples, replay } = change;
  const names = examples.map((link) => plain(nameOf(link))).join(', ');
  return [
    ...Object.keys(after).map((name) => `${name}: ${plain(before[name])} -> ${plain(after[name])}`),
    `It is about ${pairs} pairs, ${conflicts} open conflicts and ${issues} open issues${names ? `: ${names}` : ''}${examples.length < pairs ? ' …' : ''}.`,
    ...(replay
      ? [
          `Of ${replay.checked} decisions of the last seven days ${replay.differing} would have come out otherwise.`,
        ]
      : []),
    effect,
  ];
}
