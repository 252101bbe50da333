/** The seam between a session and whatever moves its bytes. An engine knows sockets and TLS; it decides nothing. */
import type { Duplex } from 'node:stream';
import type { Certificates } from '../ports/certificates.js';
import type { ConnectionFacts, Endpoint } from '../ports/connection.js';
import type { ConnectionLimits } from '../ports/limits.js';
import type { LineEndingPolicy } from '../message/line-endings.js';
import type { Timeouts } from './timeouts.js';
import type { Session } from './session.js';
import type { SessionServices } from './services.js';

/** What an engine is told about one listener. */
export interface EngineHost {
  /** The listener's name, for logs. */
  readonly listener: string;
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** Absent: no TLS is possible here. */
  readonly certificates?: Certificates;
  /** A PROXY header is required from a peer for which this is true, and refused from every other. */
  readonly trustsProxy: (address: string) => boolean;
  readonly lineEndings: LineEndingPolicy;
  readonly timeouts: Timeouts;
  readonly limits: ConnectionLimits;
  /** How many connections that have not logged in may be open; asked once the connection is counted. */
  readonly unauthenticated: ConnectionLimits;
  readonly services: SessionServices;
  newSessionId(): string;
  open(facts: ConnectionFacts): Session;
}

/** A listener that is bound. */
export interface EngineListener {
  readonly bound: Endpoint;
  /** Open connections. */
  readonly connections: number;
  /**
   * Stops accepting, tells idle sessions 421 4.3.2, lets messages in flight finish, and after `deadline` milliseconds
   * ends what is left. Resolves when no connection is open.
   */
  close(deadline: number): Promise<void>;
}

/** Where to listen. Port 0 takes any that is free. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** What is known of a stream that somebody else accepted. */
export interface ConnectionMeta {
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

export interface Engine {
  readonly name: string;
  /** BDAT can be offered. */
  readonly chunking: boolean;
  listen(host: EngineHost, where: ListenAddress): Promise<EngineListener>;
  /** Serves one stream to its end. Never rejects. */
  handle(host: EngineHost, stream: Duplex, meta: ConnectionMeta): Promise<void>;
}
