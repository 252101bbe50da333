/** Is an address within one of some networks? */
import ipaddr from 'ipaddr.js';

/**
 * @param networks `192.0.2.0/24`, `2001:db8::/32`, or single addresses, which stand for themselves alone
 * @throws Error for what is no network
 */
export function networkMatcher(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map(parseNetwork);
  if (ranges.length === 0) return () => false;
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };
}

function parseNetwork(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
