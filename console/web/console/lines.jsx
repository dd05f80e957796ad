import { isShownOn } from '../../operations/record.ts';
import { Value } from './parts.jsx';
import { plain, sentence } from './words.js';

/** The lines of a document in pairs: each value as the CRM has it, and under it as the ERP does. */
export function Lines({ shape, record }) {
  if (shape.lines.length === 0) return null;
  const pairs = pairsOf(record.crm?.lines ?? [], record.erp?.lines ?? []);
  if (pairs.length === 0) return null;
  const shown = shape.lines.filter(
    (row) =>
      !['lineId', 'quoteLineId', 'lineNumber'].includes(row.field) &&
      pairs.some((pair) => ['crm', 'erp'].some((side) => lineValue(pair, row, side) !== null)),
  );
  return (
    <div className="lines">
      <h2>Lines</h2>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th />
              {shown.map(({ field }) => (
                <th key={field}>{sentence(field)}</th>
              ))}
            </tr>
          </thead>
          {pairs.map((pair) => (
            <tbody key={pair.crm?.lineId ?? pair.erp.lineId}>
              {['crm', 'erp'].map((side) => (
                <tr key={side}>
                  <th>
                    <span className={`side ${side}`}>{side.toUpperCase()}</span>
                  </th>
                  {shown.map((row) => (
                    <td key={row.field}>
                      <Value value={lineValue(pair, row, side)} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </div>
  );
}

/** An ERP line bears the id of the CRM line that it stands for. */
function pairsOf(crm, erp) {
  const known = new Set(crm.map(({ lineId }) => lineId));
  return [
    ...crm.map((line) => ({
      crm: line,
      erp: erp.find((each) => each.lineExternalReference === line.lineId),
    })),
    ...erp.filter((line) => !known.has(line.lineExternalReference)).map((line) => ({ erp: line })),
  ];
}

function lineValue(pair, row, side) {
  if (!isShownOn(row, side)) return null;
  return plain(pair[side]?.[row[`${side}Property`]]);
}
