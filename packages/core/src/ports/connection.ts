/** What is known about a connection without reading a command from it. */

export interface Endpoint {
  /** Numeric, IPv4-mapped addresses written as IPv4; empty for a socket that has none. */
  readonly address: string;
  readonly port: number;
}

export interface TlsFacts {
  /** `TLSv1.3` */
  readonly protocol: string;
  /** OpenSSL's name of the suite, `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** What the client asked for by SNI; empty if nothing. */
  readonly servername: string;
}

export interface ConnectionFacts {
  /** The session's id: in every log line, and in the replies that a user may send a picture of. */
  readonly sessionId: string;
  /** The real client, after a PROXY header. */
  readonly peer: Endpoint;
  readonly local: Endpoint;
  /** Name of the listener, `0.0.0.0:587` unless it was given one. */
  readonly listener: string;
  /** Absent before TLS. */
  readonly tls?: TlsFacts;
}
