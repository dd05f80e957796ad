import type { Connector, Write } from '../../sync/core/connector.ts';

/** A system that refuses some writes, as those do that have rules the sync knows nothing of. */
export const refusing = (connector: Connector, refuses: (write: Write) => boolean): Connector => ({
  ...connector,
  async write(writes, author) {
    // As of one moment: what is refused may change while the others are written.
    const refused = new Set(writes.filter(refuses));
    const results = await connector.write(
      writes.filter((write) => !refused.has(write)),
      author,
    );
    let n = 0;
    return writes.map((write) =>
      refused.has(write)
        ? { kind: 'failed', failure: { code: 'FORBIDDEN', message: 'Not this one.' } }
        : results[n++]!,
    );
  },
});
