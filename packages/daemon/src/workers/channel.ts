/** What workers and the primary tell each other. Plain values only: it goes through node:cluster's channel as JSON. */
import type { BoundListener } from '@postern/core';

export type Gossip =
  /** A login failed; the address and the login are counted. */
  | { readonly tell: 'failed'; readonly address: string; readonly login: string }
  | { readonly tell: 'succeeded'; readonly address: string; readonly login: string }
  /** Connections that came (+) and went (-), by counting key. */
  | { readonly tell: 'connections'; readonly changes: readonly (readonly [key: string, change: number])[] };

export type ToPrimary =
  | Gossip
  | { readonly tell: 'hello' }
  | { readonly tell: 'ready'; readonly bound: readonly BoundListener[] }
  /** The worker cannot start, and another one could not either: one line for a person, and the exit status. */
  | { readonly tell: 'cannot-start'; readonly line: string; readonly status: number };

export type ToWorker =
  | Gossip
  /** End: in an orderly way, or at once. */
  | { readonly tell: 'stop'; readonly now: boolean }
  | { readonly tell: 'reload' }
  /** The answer to `hello`: what all workers share. `ticketKeys` is base64 of 48 octets. */
  | { readonly tell: 'welcome'; readonly ticketKeys: string; readonly news: readonly Gossip[] };

/** One end of the channel. */
export interface Channel {
  send(gossip: Gossip): void;
  /** Called for what other workers tell. */
  receive(listener: (gossip: Gossip) => void): void;
}
