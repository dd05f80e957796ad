import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Where a request comes from, as limits count it: an address, of IPv6 the network of 64 bits, which one client has whole. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * @param trustedProxies addresses and networks (`10.0.0.0/8`) of proxies in front of the gateway. What `X-Forwarded-For`
 * says is believed of them alone, from the last hop on: anybody can write what stands before it.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    const [address = '', bits] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '');
    if (trustedProxies.length > 0) {
      const hops = String(headers['x-forwarded-for'] ?? '').split(',');
      while (hops.length > 0 && isIP(address) !== 0 && isTrusted(address)) {
        const before = plain(hops.pop()!.trim());
        if (isIP(before) === 0) break;
        address = before;
      }
    }
    return isIP(address) === 6 ? networkOf(address) : address;
  };
}

/** Without a port, and an IPv4 address as such where a socket for both families wraps it. */
function plain(text: string): string {
  const address = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

function networkOf(address: string): string {
  const [left = [], right = []] = address
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':').toLowerCase()}::/64`;
}
