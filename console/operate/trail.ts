import type { Run } from './command.ts';
import { type Operator, OperatorError } from './operator.ts';
import { type Column, plain, table } from './table.ts';
import { wholeNumber } from './whole-number.ts';
import { actNamed, type LinkHead, nameOf, typed } from './words.ts';

interface Act {
  readonly id: string;
  readonly at: string;
  readonly name: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly subject: Readonly<Record<string, unknown>>;
  readonly outcome: string | null;
  readonly code: string | null;
  readonly link: LinkHead | null;
}

/** Acts of one request. */
const most = 100;

/** The audit trail: the latest acts of people, newest last; 1 with --check when one was refused or left open. */
export const acts: Run = async (operator, { last, actor, name, link, refused, check }) => {
  const wanted = wholeNumber('--last', last, { of: 'acts', from: 1, to: most, usual: 20 });
  const filter = {
    ...(actor && { actor: { eq: actor } }),
    ...(typeof name === 'string' && { name: { eq: actNamed(name) } }),
    ...(link && { link: { eq: link } }),
    ...(refused === true && { outcome: { eq: 'REFUSED' } }),
  };
  const answer = await operator.ask<{ acts: { readonly nodes: readonly Act[] } }>('Acts', {
    last: wanted,
    filter,
  });
  const { nodes } = answer.acts;
  if (nodes.length === 0 && typeof link === 'string') await expectNode(operator, link);
  const columns: readonly Column<Act>[] = [
    ['AT', ({ at }) => at.slice(0, 19)],
    ['WHO', (act) => act.actor],
    ['DID', (act) => act.name],
    ['TO', (act) => nameOf(act.link) ?? plain(act.subject)],
    [
      'OUTCOME',
      ({ outcome, code }) => (outcome === null ? 'open' : `${typed(outcome)} ${code ?? ''}`.trim()),
    ],
    ['REASON', ({ reason }) => reason],
  ];
  operator.show(nodes, () =>
    nodes.length > 0
      ? table(columns, nodes)
      : [
          Object.keys(filter).length > 0
            ? 'Nothing of that was done by hand.'
            : 'Nobody has done anything by hand.',
        ],
  );
  return check === true && nodes.some(({ outcome }) => outcome !== 'DONE') ? 1 : 0;
};

/** Throws an OperatorError where nothing has an id: of that nothing can have been done. */
async function expectNode(operator: Operator, id: string): Promise<void> {
  const { node } = await operator.ask<{ node: object | null }>(
    'query ($id: ID!) { node(id: $id) { __typename } }',
    { id },
  );
  if (node === null)
    throw new OperatorError(
      `There is no link or unified record ${id}. \`tandem events --json\` tells the ids of links.`,
      2,
    );
}
