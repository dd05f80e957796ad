import { defineConfig } from 'drizzle-kit';

/** What drizzle-kit makes migrations from: `npm run db:generate`. */
export default defineConfig({
  dialect: 'postgresql',
  schema: ['./drizzle/sync.ts', './drizzle/systems.ts'],
  out: './drizzle/migrations',
});
