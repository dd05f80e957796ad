/**
 * Why a database takes no writes, where an error says that it does not: a text that goes on after "it". Null for any
 * other error. Such a database is read as before, and nothing that was sent to be written has been.
 */
export function takesNoWrites(error: unknown): string | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? (reasons[code] ?? null) : null;
}

/** By SQLSTATE. */
const reasons: Readonly<Record<string, string>> = {
  '25006': 'is read-only',
  '53100': 'has no room left on its disk',
  '53200': 'has no memory left',
  '53400': 'has reached a limit of its settings',
};
