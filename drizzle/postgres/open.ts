import { oldestMajor } from './binaries.ts';
import { openClient, type Sql } from './client.ts';
import { DatabaseUrlError } from './database-url-error.ts';
import { startEmbedded } from './embedded.ts';
import { givenUp, type ServerSettings } from './tuning.ts';
import type { WatchStatement } from './watch.ts';

/** The database, opened: raw SQL, and where it is. */
export type Database = {
  /** Raw SQL by postgres.js. What comes back has the JavaScript types `wire.ts` lists. */
  readonly sql: Sql;
  /** Connection string, password included. */
  readonly url: string;
  /** One line for people: which database this is. */
  readonly description: string;
  /** Why an embedded server is not there at present; null while it is, and of any other. */
  away(): string | null;
  /** Ends the client, and stops the embedded server unless another process uses it. */
  close(): Promise<void>;
};

export type { Sql };

/** Which database to open. A URL wins; without one the embedded server of the folder is started. */
export type OpenOptions = {
  readonly databaseUrl?: string | undefined;
  readonly dataFolder: string;
  readonly log?: (line: string) => void;
  /** Told of every statement that goes through `sql`. */
  readonly watch?: WatchStatement | undefined;
};

/** Opens the database. Throws, with the remedy, when it cannot be reached or is too old. */
export async function openDatabase({ databaseUrl, dataFolder, log, watch }: OpenOptions): Promise<Database> {
  if (databaseUrl) {
    const session = await checkServer(databaseUrl);
    const connected = connect(databaseUrl, undefined, watch, session);
    return { ...connected, description: withoutPassword(databaseUrl), away: () => null };
  }
  const server = await startEmbedded({ folder: dataFolder, ...(log && { log }) });
  const connected = connect(server.url, server.socketFolder, watch);
  return {
    ...connected,
    description: `embedded PostgreSQL in ${server.data} (${server.how} in ${Math.round(server.startedIn)} ms)`,
    away: server.away,
    async close() {
      await connected.close();
      await server.stop();
    },
  };
}

/** Connects to a database that is known to be there. Connections are made when they are needed. */
export function connect(
  url: string,
  socketFolder?: string,
  watch?: WatchStatement,
  session?: ServerSettings,
): Omit<Database, 'description' | 'away'> {
  const sql = openClient(url, socketFolder, { watch, session });
  return { sql, url, close: () => sql.end({ timeout: closeSeconds }) };
}

/** How long running queries may take when we close, in seconds. */
const closeSeconds = 5;

/** Throws where we cannot use this server; else returns the settings that our sessions are to have there. */
async function checkServer(url: string): Promise<ServerSettings> {
  const sql = openClient(url, undefined, { max: 1 });
  try {
    await checkKind(sql, url);
    return await takenBy(sql, givenUp);
  } finally {
    await sql.end({ timeout: closeSeconds });
  }
}

/** Those of the settings that a server takes: on some systems it cannot do what they ask for. */
export async function takenBy(sql: Sql, settings: ServerSettings): Promise<ServerSettings> {
  const taken: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(settings)) {
    try {
      await sql`select set_config(${name}, ${String(value)}, false)`;
      taken[name] = value;
    } catch (error) {
      if ((error as { code?: string }).code !== invalidValue) throw error;
    }
  }
  return taken;
}

/** The code of PostgreSQL for a value that a setting cannot have: invalid_parameter_value. */
const invalidValue = '22023';

async function checkKind(sql: Sql, url: string): Promise<void> {
  const shown = withoutPassword(url);
  const [row] = await sql<{ version: number; encoding: string }[]>`
    select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding`.catch(
    (error: Error & { code?: string }) => {
      const { message, code = '' } = error;
      throw new DatabaseUrlError(
        `DATABASE_URL ${shown} cannot be opened: ${message || code}. ${remedies[code] ?? 'Correct DATABASE_URL or --database-url.'}`,
        { cause: error },
      );
    },
  );
  if (!row || row.version < oldestMajor) {
    throw new DatabaseUrlError(
      `DATABASE_URL ${shown} is PostgreSQL ${row?.version}; ${oldestMajor} or newer is needed.`,
    );
  }
  if (row.encoding !== 'UTF8') {
    throw new DatabaseUrlError(
      `DATABASE_URL ${shown} has encoding ${row.encoding}; create the database with encoding UTF8.`,
    );
  }
}

const unknownHost = 'Correct the host, or see that its name is known here.';
const noAnswer = 'See that PostgreSQL runs there and can be reached, or correct the address.';
const wrongLogin = 'Correct user and password.';

/** What to do about a database that cannot be opened, by the code of the error. */
const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Start PostgreSQL there, or correct the address.',
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  CONNECT_TIMEOUT: noAnswer,
  ETIMEDOUT: noAnswer,
  EHOSTUNREACH: noAnswer,
  '3D000': 'Create it, or correct its name.',
  '28P01': wrongLogin,
  '28000': wrongLogin,
};

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  if (shown.searchParams.has('password')) shown.searchParams.set('password', '***');
  return shown.href;
}
