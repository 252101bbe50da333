/** Where a QMQP server is, as an operator writes it. Knows nothing of connections. */

/** QMQP's port (cr.yp.to/proto/qmqp.html). */
const PORT = 628;

export interface ServerAddress {
  /** A name or a numeric address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `host:port`, for logs. */
  readonly label: string;
}

/** `host`, `host:port`, `10.0.0.1`, `[::1]:628`, `::1`. `undefined` for what is none of these. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  const bracketed = /^\[([0-9A-Fa-f:.%a-z]+)\](?::(\d{1,5}))?$/.exec(text);
  const plain = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text);
  const bareIpv6 = /^[0-9A-Fa-f]*(?::[0-9A-Fa-f.]*){2,}$/.test(text);
  const host = bareIpv6 ? text : (bracketed ?? plain)?.[1];
  if (host === undefined) return undefined;
  const given = bareIpv6 ? undefined : (bracketed ?? plain)?.[2];
  const port = given === undefined ? PORT : Number(given);
  if (port < 1 || port > 65535) return undefined;
  return { host, port, label: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}` };
}
