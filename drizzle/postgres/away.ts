/** Whether an error says that a database cannot be reached: nobody answers, the connection broke, it goes down or comes up. */
export const isAway = (error: unknown): boolean => neverSent(error) || wentAway.test(codeOf(error));

/** Whether it says so before anything was sent: nothing has happened there. */
export const neverSent = (error: unknown): boolean => neverThere.test(codeOf(error));

/** Codes of Node and of the driver, and PostgreSQL's while it comes up or takes no more connections. */
const neverThere = /^(ECONNREFUSED|ENOTFOUND|ENOENT|EAI_AGAIN|CONNECT_TIMEOUT|53300|57P03)$/;
/** Likewise for a connection that broke, and the classes of a lost connection and of a shutdown. */
const wentAway = /^(CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNRESET|EPIPE|ETIMEDOUT|08...|57P..)$/;

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
