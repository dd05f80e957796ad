/** Settings of a PostgreSQL server, as `postgres -c name=value` takes them. */
export type ServerSettings = Readonly<Record<string, string | number>>;

/**
 * How soon a server gives up the statement of a process that is no more, and with it what the statement holds: by itself
 * it goes on to the end of it, and whoever takes over would wait as long. Where the operating system cannot tell a server of
 * a closed connection (Windows), PostgreSQL refuses the setting.
 */
export const givenUp: ServerSettings = { client_connection_check_interval: '50ms' };

/**
 * For a server of our own on a small machine: 2 cores and at most some 400 MB, many short transactions. Durability
 * stays as PostgreSQL has it by default (fsync and synchronous_commit on).
 */
export const smallMachine: ServerSettings = {
  max_connections: 80,
  shared_buffers: '128MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  effective_cache_size: '1GB',
  random_page_cost: 1.1,
  // Compiling a plan takes longer than our statements run.
  jit: 'off',
  // Nobody replicates from this server, so the log carries what crash recovery needs and no more.
  wal_level: 'minimal',
  max_wal_senders: 0,
  wal_compression: 'on',
  // As durable as a flush after each write, and one wait instead of two: the slowest edits of four measured pairs of runs
  // came a fifth to a third sooner.
  wal_sync_method: 'open_datasync',
  min_wal_size: '128MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '10min',
  // Queue rows are updated all the time; frequent clean-ups keep them on few pages. The large tables are cleaned at a
  // fifth of the usual pace: on two cores a clean-up at full pace shows in the latency of every edit.
  autovacuum_naptime: '10s',
  autovacuum_max_workers: 2,
  autovacuum_vacuum_cost_limit: 40,
  autovacuum_vacuum_scale_factor: 0.1,
  autovacuum_analyze_scale_factor: 0.2,
  ...(['linux', 'darwin'].includes(process.platform) && givenUp),
  max_worker_processes: 4,
  max_parallel_workers: 2,
  max_parallel_workers_per_gather: 1,
};

/** Trades durability for speed: for tests and throw-away data only. */
export const withoutDurability: ServerSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};
