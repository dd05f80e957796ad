/** What an event tells besides its fields, as the graph answers it. */
export type EventDetail = Readonly<Record<string, unknown>> | null | undefined;

/**
 * Why an event is what it is, where its fields don't say: what ended a link, what a record waits for, what a system
 * answered. Empty where there is nothing to say.
 */
export function whyOf(detail: EventDetail): readonly string[] {
  if (!detail) return [];
  const { code, message, waitsFor, endedBy, into, reason } = detail;
  if (typeof message === 'string') return [typeof code === 'string' ? `${code}: ${message}` : message];
  if (Array.isArray(waitsFor))
    return waitsFor.map((blocker: { readonly reason?: unknown }) => String(blocker.reason ?? ''));
  if (typeof endedBy === 'string')
    return [typeof into === 'string' ? `${endedBy} into Link_${into}` : endedBy];
  return typeof reason === 'string' ? [reason] : [];
}
