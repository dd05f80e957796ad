import type { OperatorCommand, Options } from './command.ts';
import { createOperator, OperatorError } from './operator.ts';

/** Where the gateway is and who asks, as settings and options say it. */
export interface Access {
  readonly url: string;
  readonly token: string | undefined;
}

/** Runs an operator's command. Returns the exit code: 0, 1 not well, 2 refused, 3 not reachable. */
export async function operate(
  command: OperatorCommand,
  access: Access,
  options: Options,
  args: readonly string[],
): Promise<number> {
  // Whoever reads the first lines only (`| head`), or ends what goes on for ever, is done.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  process.once('SIGINT', () => process.exit(0));
  try {
    const operator = createOperator({ ...access, json: options.json === true });
    try {
      const run = await command.load();
      return await run(operator, options, args);
    } finally {
      await operator.close();
    }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}
