import { startEmbedded } from '../../drizzle/postgres/embedded.ts';
import { withoutDurability } from '../../drizzle/postgres/tuning.ts';

// Started by server-process.ts: runs the server of a folder until standard input ends.
const [folder = ''] = process.argv.slice(2);
try {
  const server = await startEmbedded({ folder, log: console.log, settings: withoutDurability });
  console.log(JSON.stringify(server));
  process.stdin.resume().once('end', async () => {
    await server.stop();
    process.exit(0);
  });
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exit(1);
}
