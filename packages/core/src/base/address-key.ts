/** Addresses as counting keys. */
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * What limits count by: an IPv4 address, or the /64 of an IPv6 address (whoever has one address of it has them all).
 * IPv4-mapped addresses count as IPv4; what is no address counts as itself.
 */
export function addressKey(address: string): string {
  // Written as everybody writes it: nothing to work out.
  if (isIPv4(address) || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${(parsed as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}

/** The address without zone, IPv4-mapped ones as IPv4. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : (address.split('%')[0] ?? '');
}
