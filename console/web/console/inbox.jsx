import { Codes } from './codes.jsx';
import { Conflicts } from './conflicts.jsx';
import { DeadLetters } from './dead-letters.jsx';
import { Issues } from './issues.jsx';
import { Choice, Heading } from './parts.jsx';
import { Proposals } from './proposals.jsx';
import { Rules } from './rules.jsx';
import { useQuery } from './tandem.jsx';
import { Blockers } from './waiting.jsx';

const trays = [
  { key: 'proposals', title: 'Matches', tray: Proposals, of: 'matchProposals' },
  { key: 'conflicts', title: 'Conflicts', tray: Conflicts, of: 'conflicts' },
  { key: 'issues', title: 'Issues', tray: Issues, of: 'issues' },
  { key: 'dead-letters', title: 'Dead letters', tray: DeadLetters, of: 'deadLetters' },
  { key: 'waiting', title: 'Waiting', tray: Blockers },
  { key: 'codes', title: 'Codes', tray: Codes },
  { key: 'rules', title: 'Rules', tray: Rules },
];

/** What needs a person, tray by tray. */
export function Inbox({ route: [key] }) {
  const { data } = useQuery('ToDo', {}, { live: true });
  const current = trays.find((each) => each.key === key) ?? trays[0];
  const Tray = current.tray;
  return (
    <>
      <Heading
        title="Inbox"
        note="What needs a person. Nothing here disappears by itself unless its cause does; nothing off it is unequal."
      />
      <Choice
        options={trays.map(({ key: each, title, of }) => ({
          key: each,
          title,
          count: data?.[of]?.totalCount,
        }))}
        chosen={current.key}
        onChoose={(each) => {
          location.hash = `#/inbox/${each}`;
        }}
      />
      <Tray />
    </>
  );
}
