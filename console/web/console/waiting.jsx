import { More, useList } from './list.jsx';
import { Empty, LinkName, Problem, SideName } from './parts.jsx';
import { useQuery } from './tandem.jsx';
import { count, sentence } from './words.js';

/** What holds most back, the worst first. Each lets go by itself as soon as its cause is gone. */
export function Blockers() {
  const { data, error } = useQuery('Blockers', { first: 50 }, { live: true });
  const blockers = data?.blockers;
  const most = blockers?.[0]?.holds ?? 1;
  return (
    <div className="tray">
      <Problem error={error} />
      {blockers?.length === 0 && <Empty>Nothing waits for anything.</Empty>}
      {blockers && blockers.length > 0 && (
        <section className="panel blockers">
          {blockers.map(({ on, side, entity, title, reason, holds, text, link }) => (
            <div key={on} className="blocker">
              <span className="bar">
                <i style={{ width: `${Math.max(3, (holds / most) * 100)}%` }} />
                <b>{count(holds)}</b>
              </span>
              <div>
                <p>
                  <SideName side={side} />{' '}
                  {link ? (
                    <LinkName link={{ ...link, title: title ?? link.title }} />
                  ) : (
                    <b>{text.split(' holds ')[0]}</b>
                  )}{' '}
                  <span className="note">
                    {entity && sentence(entity).toLowerCase()} holds {text.split(' holds ')[1]}
                  </span>
                </p>
                <p className="note">{reason}</p>
                {on.startsWith('code:') && (
                  <p className="note">
                    <a href="#/inbox/codes">Map the code</a>
                  </p>
                )}
              </div>
            </div>
          ))}
        </section>
      )}
      <Held />
    </div>
  );
}

/** The records that wait, with what each waits for. */
function Held() {
  const links = useList(
    'Waiting',
    { filter: { state: { eq: 'WAITING' } } },
    { from: (data) => data.links, first: 20, live: true },
  );
  if (!links.totalCount) return <Problem error={links.error} />;
  return (
    <section className="panel scroll">
      <header>
        <h2>Who waits</h2>
        <span className="note">
          {count(links.totalCount)} records, as a whole; nothing of them is written until they are complete
        </span>
      </header>
      <table className="list">
        <tbody>
          {links.nodes.map((link) => (
            <tr key={link.id}>
              <td>
                <LinkName link={link} />
              </td>
              <td className="note">{sentence(link.flow)}</td>
              <td className="note">{link.waitsFor.map(({ reason }) => reason).join(' ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More list={links} />
    </section>
  );
}
