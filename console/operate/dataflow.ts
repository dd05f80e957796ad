import type { Run } from './command.ts';
import { OperatorError } from './operator.ts';
import { type Column, table } from './table.ts';
import { flowOf, typed } from './words.ts';

interface Property {
  readonly pairsChecked: number;
  readonly equal: number;
}

interface Document {
  readonly flow: string;
  readonly crmEntity: string;
  readonly erpEntity: string;
  readonly pairsChecked: number;
  readonly away: readonly { readonly side: string; readonly message: string }[];
  readonly properties: readonly Property[];
  readonly lines: readonly Property[];
}

interface Printed {
  readonly markdown: string;
  readonly restructuredText: string;
}

const formats = { md: 'markdown', rst: 'restructuredText' } as const;

/** The mappings with what was measured: a summary, or the whole checklist as a document. */
export const dataflow: Run = async (operator, { format }, [flow]) => {
  if (format !== undefined) {
    if (typeof format !== 'string' || !(format in formats))
      throw new OperatorError(`--format ${format} has to be md or rst.`, 2);
    const answer = await operator.ask<{ dataflow: readonly Printed[] }>('DataflowText', {
      flow: flowOf(flow),
    });
    const name = formats[format as keyof typeof formats];
    operator.show(answer.dataflow, () => answer.dataflow.map((document) => document[name]));
    return 0;
  }
  const answer = await operator.ask<{ dataflow: readonly Document[] }>('Dataflow', { flow: flowOf(flow) });
  const columns: readonly Column<Document>[] = [
    ['FLOW', (document) => typed(document.flow)],
    ['CRM', ({ crmEntity }) => crmEntity],
    ['ERP', ({ erpEntity }) => erpEntity],
    ['PROPERTIES', ({ properties }) => properties.length],
    ['OF LINES', ({ lines }) => lines.length],
    ['PAIRS', ({ pairsChecked }) => pairsChecked],
    ['PASS RATE', passRate],
  ];
  operator.show(answer.dataflow, () => [...table(columns, answer.dataflow), ...notes(answer.dataflow)]);
  return 0;
};

/** Who does not answer, once for all flows. */
const notes = (documents: readonly Document[]): Iterable<string> =>
  new Set(
    documents
      .flatMap(({ away }) => away)
      .map(
        ({ side, message }) => `The ${side} does not answer (${message}): counted over what was read last.`,
      ),
  );

/** Over all properties and pairs of a flow. */
function passRate({ properties, lines }: Document): string {
  const sum = (of: 'pairsChecked' | 'equal') =>
    [...properties, ...lines].reduce((total, property) => total + property[of], 0);
  const checked = sum('pairsChecked');
  return checked === 0 ? '-' : `${((100 * sum('equal')) / checked).toFixed(2)} %`;
}
