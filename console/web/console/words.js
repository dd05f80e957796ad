/** `QUOTE_ORDER` → `Quote order`. */
export function sentence(word) {
  const spaced = String(word)
    .replaceAll('_', ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** The flows whose links are records to look at. */
export const recordFlows = ['CUSTOMER', 'CONTACT', 'PRODUCT', 'QUOTE', 'ORDER'];

/** A value in one line; null for nothing. */
export function plain(value) {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(plain).join(', ');
  if (typeof value === 'object') {
    const parts = Object.entries(value)
      .filter(([name, part]) => name !== '__typename' && part !== null && part !== '')
      .map(([, part]) => plain(part));
    return parts.length === 0 ? null : parts.join(', ');
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** `14 ms`, `3.2 s`. */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 6_000_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

/** The time of day, with the date where it is not today. */
export function clock(iso) {
  if (!iso) return '–';
  const at = new Date(iso);
  const time = at.toLocaleTimeString('en-GB');
  return at.toDateString() === new Date().toDateString()
    ? time
    : `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time.slice(0, 5)}`;
}

/** How long an event took from the edit that caused it, milliseconds; null where nothing was edited. */
export function lagOf({ at, cause }) {
  if (cause.kind !== 'CHANGE' || !cause.at) return null;
  return Math.max(0, Date.parse(at) - Date.parse(cause.at));
}

/** A count with a thin space between the thousands. */
export const count = (n) =>
  Number(n ?? 0)
    .toLocaleString('en-US')
    .replaceAll(',', ' ');

/** The page of a link's record, or null where there is none to show. */
export function pageOf(link) {
  if (!link || !recordFlows.includes(link.flow)) return null;
  return `#/records/${link.flow.toLowerCase()}/${encodeURIComponent(unifiedId(link))}`;
}

/** A unified record bears the id of its link under its own name. */
function unifiedId({ id, flow }) {
  return id.replace(/^Link_/, `${flow.charAt(0)}${flow.slice(1).toLowerCase()}_`);
}
