/** What a session answers to a line: a reply, or a question that somebody outside has to answer first. */
import type { Reply } from '../base/reply.js';
import type { AttemptOutcome } from '../auth/attempt.js';
import type { Credentials, ExchangeStep, SaslExchange } from '../ports/verifier.js';

/** A question. The engine has it answered (conduct.ts) and hands the answer back to the session. */
export type Ask =
  | { readonly ask: 'verify'; readonly credentials: Credentials }
  /** Refused without a verifier; only the counting and the delay are left. */
  | { readonly ask: 'refuse'; readonly login: string; readonly mechanism: string }
  | {
      readonly ask: 'exchange';
      readonly exchange: SaslExchange;
      readonly mechanism: string;
      readonly response: Buffer | undefined;
    };

export type Step = Reply | Ask;

/** What the outside answers to an `Ask`. */
export type Answer = AttemptOutcome | ExchangeStep;

export const isAsk = (step: Step): step is Ask => 'ask' in step;

/** What the engine reads next from the client. */
export type Expects =
  | { readonly read: 'command' }
  /** A line of an AUTH exchange: up to 12288 octets, handed to `response()`. */
  | { readonly read: 'sasl' }
  /** The message, up to CRLF.CRLF. */
  | { readonly read: 'data' }
  /** So many octets as they are (RFC 3030). `refuse`: read them, throw them away, and say this. */
  | { readonly read: 'chunk'; readonly octets: number; readonly last: boolean; readonly refuse?: Reply }
  /** A TLS ClientHello; then `secured()` is called. Whatever was read before is forgotten. */
  | { readonly read: 'tls' }
  /** Nothing: the connection is closing. */
  | { readonly read: 'nothing' };
