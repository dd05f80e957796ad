import { Empty, Problem, SideName } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, sentence } from './words.js';

/** Standing decisions about conflicts; each can be taken back. */
export function Rules() {
  const { client } = useTandem();
  const { data, error, reload } = useQuery('Rules', {}, { live: true });
  const remove = useAct(async (id) => {
    await client.ask(text('RemoveRule'), { id });
    reload();
  });
  return (
    <div className="tray">
      <Problem error={error ?? remove.error} />
      {data?.rules.length === 0 && (
        <Empty>No rule was made. “Always from now on”, when conflicts are decided together, makes one.</Empty>
      )}
      {data?.rules.length > 0 && (
        <section className="panel scroll">
          <table className="list">
            <tbody>
              {data.rules.map(({ id, flow, field, take, by, at }) => (
                <tr key={id}>
                  <td>
                    <b>{sentence(field)}</b> <span className="note">of {sentence(flow).toLowerCase()}</span>
                  </td>
                  <td>
                    always <SideName side={take} />
                  </td>
                  <td className="note">
                    {by ? `by ${by}, ` : ''}
                    {clock(at)}
                  </td>
                  <td className="number">
                    <button type="button" disabled={remove.busy} onClick={() => remove.run(id)}>
                      Remove
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}
