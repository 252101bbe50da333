/** Who is there, and what was said about them, by the environment of tcpserver, sslserver, xinetd or stunnel. */
import { isIP } from 'node:net';
import type { Endpoint } from '@postern/core';

export interface UcspiSession {
  readonly peer: Endpoint;
  readonly local: Endpoint;
  /** RELAYCLIENT is set, even to nothing: no login is asked for (tcprules(1), qmail-smtpd(8)). */
  readonly relayClient: boolean;
  /** DATABYTES: octets, 0 for no limit. Absent: not said, or not a number. */
  readonly messageSize?: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Looks for `${PROTO}REMOTEIP`, then TCPREMOTEIP, then REMOTE_HOST (xinetd, stunnel), and so on. What is no address and no
 * port is as good as not there: REMOTEHOST and REMOTEINFO hold what strangers say, and are not used at all.
 */
export function readUcspi(environment: Environment): UcspiSession {
  const proto = environment['PROTO'];
  const names = (name: string): string[] => [
    ...(proto !== undefined && /^[A-Z0-9]{1,16}$/.test(proto) ? [`${proto}${name}`] : []),
    `TCP${name}`,
  ];
  const first = (candidates: readonly string[], valid: (value: string) => boolean): string | undefined =>
    candidates.map((name) => environment[name]).find((value) => value !== undefined && valid(value));
  const endpoint = (which: 'REMOTE' | 'LOCAL', others: { ip: string[]; port: string[] }): Endpoint => ({
    address: plain(first([...names(`${which}IP`), ...others.ip], isAddress) ?? ''),
    port: Number(first([...names(`${which}PORT`), ...others.port], isPort) ?? 0),
  });
  const bytes = environment['DATABYTES'];
  return {
    peer: endpoint('REMOTE', { ip: ['REMOTE_HOST'], port: ['REMOTE_PORT'] }),
    local: endpoint('LOCAL', { ip: ['SERVER_ADDR'], port: ['SERVER_PORT'] }),
    relayClient: environment['RELAYCLIENT'] !== undefined,
    ...(bytes !== undefined && /^\d{1,15}$/.test(bytes) ? { messageSize: Number(bytes) } : {}),
  };
}

const isAddress = (value: string): boolean => isIP(value) !== 0;
const isPort = (value: string): boolean => /^\d{1,5}$/.test(value) && Number(value) <= 65_535;

/** An IPv4 client of an IPv6 socket is an IPv4 client. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
