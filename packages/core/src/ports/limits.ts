/** Counting across connections, and across workers where an implementation can. */

/** A connection that was let in; `leave` gives its place back, once. */
export interface Place {
  leave(): void;
}

/** How many connections may be open. Asked at accept, before PROXY header and handshake. */
export interface ConnectionLimits {
  /** `undefined`: full, in total or for this address (IPv6 by /64). */
  enter(address: string): Place | undefined;
}

/** How many logins may fail. Asked with an address and a login, known or not; empty where no login was named. */
export interface AttemptLimits {
  /** True: answer 454 without asking a verifier. */
  blocked(address: string, login: string): boolean | Promise<boolean>;
  failed(address: string, login: string): void | Promise<void>;
  succeeded(address: string, login: string): void | Promise<void>;
}
