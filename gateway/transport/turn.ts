let next: Promise<void> | undefined;

/**
 * A turn of the event loop, shared by all who wait for it. Subgraphs in this process answer in microtasks, which
 * would otherwise keep sockets waiting for seconds under load.
 */
export function turn(): Promise<void> {
  next ??= new Promise((resolve) => {
    setImmediate(() => {
      next = undefined;
      resolve();
    });
  });
  return next;
}
