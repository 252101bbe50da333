/** The ways in that every real client is tried with. */
import type { Gate, Listener } from '../support/gate.js';

export interface WayIn {
  readonly listener: Exclude<Listener, 'plain'>;
  readonly mechanism: 'PLAIN' | 'LOGIN' | 'CRAM-MD5';
}

export const waysIn: readonly WayIn[] = (['starttls', 'implicit'] as const).flatMap((listener) =>
  (['PLAIN', 'LOGIN', 'CRAM-MD5'] as const).map((mechanism) => ({ listener, mechanism })),
);

/** The port as text, for command lines. */
export const portOf = (gate: Gate, listener: Listener): string => String(gate.target(listener).port);

/** Alice under TLS by this mechanism, as the log says. */
export const loggedAs = (gate: Gate, mechanism: string): boolean =>
  gate.daemon
    .log()
    .some(
      (line) =>
        line.event === 'authentication' &&
        line['outcome'] === 'accepted' &&
        line['mechanism'] === mechanism &&
        line['login'] === 'alice@example.com' &&
        line['tls'] !== undefined,
    );
