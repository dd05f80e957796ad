/** Why an address cannot be listened on, with what to do; null for any other error. */
export function cannotListen(error: unknown): string | null {
  const { code, syscall, address, port } = (error ?? {}) as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (syscall !== 'listen') return null;
  switch (code) {
    case 'EADDRINUSE':
      return `${address}:${port} is taken by another program. Take another port: --port or PORT.`;
    case 'EADDRNOTAVAIL':
      return `${address} is no address of this machine. Take one that it has: --host or TANDEM_HOST.`;
    default:
      return null;
  }
}
