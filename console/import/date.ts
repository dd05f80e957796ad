const forms: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
};
const compiled = new Map<string, RegExp>();

/** A day in the form YYYY-MM-DD of a text in a declared format; undefined where it does not have that format. The system refuses a day that the calendar does not have. */
export function dateOf(text: string, format: string): string | undefined {
  const { year, month = '', day = '' } = formOf(format).exec(text)?.groups ?? {};
  return year === undefined ? undefined : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function formOf(format: string): RegExp {
  const known = compiled.get(format);
  if (known) return known;
  const pattern = format.replace(
    /YYYY|MM?|DD?|[^A-Za-z]|[A-Z]/gi,
    (part) => forms[part] ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  const made = new RegExp(`^${pattern}$`);
  compiled.set(format, made);
  return made;
}
