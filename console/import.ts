import { dirname, resolve } from 'node:path';
import { migrate } from '../drizzle/migrate.ts';
import { isAway } from '../drizzle/postgres/away.ts';
import { openDatabase } from '../drizzle/postgres/open.ts';
import { takesNoWrites } from '../drizzle/postgres/takes-no-writes.ts';
import { createCrm } from '../subgraphs/crm/system.ts';
import { createErp } from '../subgraphs/erp/system.ts';
import { importFile, summary, targetOf } from './import/import-file.ts';
import { readMapFile } from './import/map-file.ts';
import { ImportMistake } from './import/mistake.ts';
import { showProgress } from './import/progress.ts';
import { type ImportJob, readProject } from './import/project-file.ts';
import { reportRefused } from './import/refused.ts';
import type { Settings } from './settings.ts';

/** What the command line says of an import. */
export interface ImportCommand {
  readonly system?: string;
  readonly entity?: string;
  readonly map?: string;
  readonly project?: string;
  readonly from?: string;
  readonly check?: boolean;
  readonly update?: boolean;
  readonly report?: string;
  readonly allowRefused?: boolean;
}

/**
 * Reads CSV files into the CRM or the ERP, one file with its map or a project of several. A server that runs on the
 * same database goes on and syncs what comes in. Returns 0, or 1 if rows were refused and that is not allowed.
 */
export async function importFiles(
  settings: Settings,
  csv: string | undefined,
  command: ImportCommand,
): Promise<number> {
  const log = console.log;
  try {
    const jobs = await jobsOf(csv, command);
    const options = {
      system: systemOf(command.system),
      entity: command.entity,
      update: command.update,
      check: command.check,
    };
    // Of all files, before the first of them is written.
    for (const job of jobs) targetOf(job, options);
    const database = await openDatabase({
      databaseUrl: settings.DATABASE_URL,
      dataFolder: settings.TANDEM_DATA,
      log,
    });
    const { sql } = database;
    const systems = { crm: createCrm({ sql }), erp: createErp({ sql }) };
    try {
      await migrate(database.url);
      const progress = showProgress(process.stderr);
      const refused = reportRefused((line) => progress.say(line), command.report);
      let rows = 0;
      try {
        for (const job of jobs) {
          const result = await importFile({ sql, systems, refused, progress }, job, options);
          rows += result.refused;
          progress.say(summary(result));
        }
      } catch (error) {
        // Why it stopped says more than what becomes of its report.
        await refused.close().catch(() => {});
        throw error;
      }
      await refused.close();
      if (rows === 0) return 0;
      const where = command.report === undefined ? '' : `, all of them in ${command.report}`;
      progress.say(
        `${rows === 1 ? '1 row was' : `${rows} rows were`} refused${where}. Mend them and import again: nothing is created twice.`,
      );
      return command.allowRefused ? 0 : 1;
    } finally {
      await Promise.all([systems.crm.close(), systems.erp.close()]);
      await database.close();
    }
  } catch (error) {
    const message = error instanceof ImportMistake ? error.message : stopped(error);
    if (message === null) throw error;
    console.error(message);
    return 1;
  }
}

/** What is told of a database that took no more in the middle of it; null for any other error. */
function stopped(error: unknown): string | null {
  const refused = takesNoWrites(error);
  const why =
    refused ??
    (isAway(error) ? `cannot be reached (${error instanceof Error ? error.message : error})` : null);
  if (why === null) return null;
  return `The import stopped: the database ${why}. What was written stays; import again once that is mended: nothing is created twice.`;
}

async function jobsOf(
  csv: string | undefined,
  { map, project, from }: ImportCommand,
): Promise<readonly ImportJob[]> {
  if (project !== undefined) {
    if (map !== undefined || csv !== undefined)
      throw new ImportMistake('--project brings its own maps and files: leave out --map and the CSV file.');
    return readProject(resolve(project), resolve(from ?? dirname(project)));
  }
  if (map === undefined || csv === undefined)
    throw new ImportMistake('Give --map and a CSV file, or --project with --from (tandem import --help).');
  const csvFile = resolve(from ?? '.', csv);
  return [{ map: await readMapFile(resolve(map)), mapFile: resolve(map), csvFile }];
}

function systemOf(given: string | undefined): 'crm' | 'erp' | undefined {
  if (given === undefined || given === 'crm' || given === 'erp') return given;
  throw new ImportMistake(`--system ${given} has to be crm or erp.`);
}
