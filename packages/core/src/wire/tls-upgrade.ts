/** Puts TLS on a stream: the server's side of a handshake, with the certificate that the client's name asks for. */
import { TLSSocket } from 'node:tls';
import type { SecureContext, TLSSocketOptions } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Certificates } from '../ports/certificates.js';
import type { TlsFacts } from '../ports/connection.js';
import { attachTls } from './stream-events.js';

type SniCallback = NonNullable<TLSSocketOptions['SNICallback']>;

/** One function for all connections of a listener; what it answers may change from handshake to handshake. */
const callbacks = new WeakMap<Certificates, SniCallback>();

function sniCallback(certificates: Certificates): SniCallback {
  let callback = callbacks.get(certificates);
  if (callback === undefined) {
    callback = (servername, answer) => {
      let context: SecureContext;
      try {
        context = certificates.forName(servername);
      } catch (error) {
        return answer(error as Error);
      }
      answer(null, context);
    };
    callbacks.set(certificates, callback);
  }
  return callback;
}

/** The TLS stream on `raw`; its owner is told when the handshake is done. No client certificate is asked for. */
export function startTls(raw: Duplex, certificates: Certificates): TLSSocket {
  const socket = new TLSSocket(raw, {
    isServer: true,
    secureContext: certificates.fallback(),
    SNICallback: sniCallback(certificates),
    requestCert: false,
    rejectUnauthorized: false,
  });
  socket.disableRenegotiation();
  attachTls(socket);
  return socket;
}

export function tlsFacts(socket: TLSSocket): TlsFacts {
  const servername: unknown = (socket as { servername?: unknown }).servername;
  // Nothing, once the socket is closed; the types do not say so.
  const cipher = socket.getCipher() as { name: string } | undefined;
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: cipher?.name ?? '',
    servername: typeof servername === 'string' ? servername : '',
  };
}

/** Throws away what has been read from a stream and not been looked at. */
export function drop(stream: Duplex): void {
  while (stream.read() !== null);
}
