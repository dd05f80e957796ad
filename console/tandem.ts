#!/usr/bin/env -S node --no-allocation-site-pretenuring --max-semi-space-size=32 --max-old-space-size=512
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DataFolderError } from '../drizzle/postgres/data-folder-error.ts';
import { DatabaseUrlError } from '../drizzle/postgres/database-url-error.ts';
import { makeFolder } from '../drizzle/postgres/make-folder.ts';
import { cannotListen } from './cannot-listen.ts';
import type { ImportCommand } from './import.ts';
import type { OperatorCommand } from './operate/command.ts';
import { operatorCommands, syncOne } from './operate/commands.ts';
import { readSettings, type Settings, SettingsError } from './settings.ts';

// Read and compile each file once, not at every start: so each command loads its files after this, and after its
// settings are found right.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'tandem'));

/** What the command line can say about settings; each goes over its environment variable. */
type Options = {
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly demo?: boolean;
};

const program = new Command('tandem')
  .description('One graph over your CRM and your ERP, kept in step in both directions')
  .showHelpAfterError('(tandem --help lists everything)')
  // Wrong usage is not the answer "not well", which is 1. Every command below has this from here.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

serving('start', 'run everything in one process', '4000')
  .option('--no-demo', 'start with empty systems (TANDEM_DEMO=0)')
  .action(async (options: Options) => {
    const settings = storingSettings(options);
    const { start } = await import('./start.ts');
    await finish(start(settings));
  });

serving('crm', 'run the CRM subgraph alone', '4001').action(async (options: Options) => {
  const settings = storingSettings(options, '4001');
  const { crm } = await import('./crm.ts');
  await finish(crm(settings));
});

serving('erp', 'run the ERP subgraph alone', '4002').action(async (options: Options) => {
  const settings = storingSettings(options, '4002');
  const { erp } = await import('./erp.ts');
  await finish(erp(settings));
});

const syncCommand = serving(
  'sync [flow]',
  'run the sync subgraph and its workers alone; with a flow, ask a gateway to bring one record into step',
  '4003',
).action(async (flow: string | undefined, options: Options) => {
  if (flow !== undefined) return finish(operate(syncOne, syncCommand));
  const settings = storingSettings(options, '4003');
  const { sync } = await import('./sync.ts');
  return finish(sync(settings));
});
operating(syncCommand, syncOne);

listening(
  program.command('gateway').description('run the gateway alone, over subgraphs found by their addresses'),
  '4000',
)
  .option('--supergraph <file>', 'serve this composed supergraph')
  .addOption(
    new Option('--subgraph <name=url...>', 'compose these subgraphs')
      .argParser(pairs)
      .default({}, 'TANDEM_CRM_URL, TANDEM_ERP_URL and TANDEM_SYNC_URL'),
  )
  .option('--poll <seconds>', 'ask the subgraphs for a new schema this often', seconds)
  .option('--data <folder>', 'folder for the last good supergraph (TANDEM_DATA, default .tandem)')
  .action(
    async (
      options: Options & { supergraph?: string; subgraph: Readonly<Record<string, string>>; poll?: number },
    ) => {
      const settings = settingsOf(options);
      const { gateway } = await import('./gateway.ts');
      await finish(gateway(settings, options));
    },
  );

storing('import', 'read CSV files into the CRM or the ERP; safe to repeat')
  .argument('[csv]', 'CSV file, with --map')
  .option('--map <file>', 'map file: which column is which property')
  .option('--system <name>', 'crm or erp, for a map that does not say it')
  .option('--entity <name>', 'entity, for a map that does not say it')
  .option('--project <file>', 'import several files: a list of maps and CSV files in their order')
  .option('--from <folder>', 'folder of the CSV files (default: that of the project)')
  .option('--check', 'read and check everything, write nothing')
  .option('--update', 'write the values of the files over records that were imported before')
  .option('--report <file>', 'write every refused row with its reason into a CSV or JSON file')
  .option('--allow-refused', 'exit with 0 although rows were refused')
  .action(async (csv: string | undefined, options: Options & ImportCommand) =>
    finish((await import('./import.ts')).importFiles(storingSettings(options), csv, options)),
  );

const schema = program.command('schema').description('look at the graph and its parts');
schema
  .command('print')
  .description('print the composed graph, or one part of it')
  .argument('[part]', 'supergraph, api, crm, erp or sync', 'api')
  .action(async (part: string) => finish((await import('./schema.ts')).printSchema(part)));
schema
  .command('check')
  .description('compare with a supergraph that is in use and name what would break')
  .argument('<supergraph>', 'the supergraph in use')
  .action(async (file: string) => finish((await import('./schema.ts')).checkSchema(file)));
schema
  .command('compose')
  .description('compose subgraphs into a supergraph')
  .argument('<name=file...>', 'subgraphs: their names and SDL files or addresses', pairs, {})
  .option('-o, --output <file>', 'where to write it (default: standard output)')
  .action(async (parts: Readonly<Record<string, string>>, options: { output?: string }) =>
    finish((await import('./schema.ts')).composeSchema(parts, options.output)),
  );

for (const command of operatorCommands) {
  const made = program.command(command.name).description(command.description);
  operating(made, command).action(() => finish(operate(command, made)));
}

await program.parseAsync().catch((error: unknown) => {
  // A wrong setting is explained by its message; anything else by where it comes from, too.
  const plain =
    error instanceof SettingsError ||
    error instanceof DataFolderError ||
    error instanceof DatabaseUrlError ||
    !(error instanceof Error);
  console.error(cannotListen(error) ?? (plain ? `${error}` : error.stack));
  process.exit(1);
});

/** A command that opens the database. */
function storing(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--data <folder>', 'folder of the embedded database (TANDEM_DATA, default .tandem)')
    .option('--database-url <url>', 'use this PostgreSQL instead (DATABASE_URL)');
}

/** A command that opens the database and listens. */
function serving(name: string, description: string, port: string): Command {
  return listening(storing(name, description), port);
}

/** A command that listens. */
function listening(made: Command, port: string): Command {
  return made
    .option('--port <number>', `port to listen on (PORT, default ${port})`)
    .option('--host <address>', 'address to listen on (TANDEM_HOST, default 127.0.0.1)');
}

/** A command that asks a running gateway. */
function operating(made: Command, { options = [] }: OperatorCommand): Command {
  for (const [flags, text] of options) made.option(flags, text);
  return made
    .option('--url <url>', 'the gateway to ask (TANDEM_URL, default 127.0.0.1 at PORT)')
    .option('--token <token>', 'bearer token or API key (TANDEM_TOKEN)')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      '\nThe exit code is 0, 1 where what was asked about is not well, 2 for a refusal, 3 where the gateway cannot be reached.',
    );
}

async function operate(command: OperatorCommand, made: Command): Promise<number> {
  const options = made.opts();
  let settings: Settings;
  try {
    settings = readSettings({ TANDEM_URL: options.url, TANDEM_TOKEN: options.token });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    return 2;
  }
  const { operate: run } = await import('./operate/operate.ts');
  const access = {
    url: settings.TANDEM_URL ?? `http://127.0.0.1:${settings.PORT}`,
    token: settings.TANDEM_TOKEN,
  };
  const args = made.processedArgs.flat().filter((arg): arg is string => typeof arg === 'string');
  return run(command, access, options, args);
}

function settingsOf({ port, host, data, databaseUrl, demo }: Options, usualPort = '4000'): Settings {
  const given = { PORT: port, TANDEM_HOST: host, TANDEM_DATA: data, DATABASE_URL: databaseUrl };
  return readSettings({ ...given, TANDEM_DEMO: demo === false ? '0' : undefined }, { PORT: usualPort });
}

/** Of a command that opens the database: where that cannot be kept is told before the rest is loaded. */
function storingSettings(options: Options, usualPort?: string): Settings {
  const settings = settingsOf(options, usualPort);
  if (!settings.DATABASE_URL) makeFolder(settings.TANDEM_DATA);
  return settings;
}

/** Commands return their exit code; what still runs then has no business to. */
async function finish(command: Promise<number>): Promise<void> {
  process.exit(await command);
}

function pairs(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It has to be name=address.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1)) throw new InvalidArgumentError('It has to be a number of seconds, at least 1.');
  return value;
}
