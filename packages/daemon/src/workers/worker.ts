/** A worker's side of the channel to the primary, and what it shares with the other workers. */
import cluster from 'node:cluster';
import { systemClock, throttle } from '@postern/core';
import type { SharedParts } from '../process/service.js';
import type { Channel, Gossip, ToPrimary, ToWorker } from './channel.js';
import { sharedAttempts } from './shared-attempts.js';
import { sharedConnections } from './shared-connections.js';

export interface SharedLimits {
  readonly perAddress: number;
  readonly perLogin: number;
  readonly window: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

export const isWorker = (): boolean => cluster.isWorker;

/** Called when the primary wants this worker to end or to reload. Signals are the primary's to take. */
export function steeredByPrimary(stop: (now: boolean) => void, reload: () => void): void {
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('message', (message: ToWorker) => {
    if (message.tell === 'stop') stop(message.now);
    else if (message.tell === 'reload') reload();
  });
  // Without its primary a worker would serve on unseen.
  process.once('disconnect', () => stop(false));
  // And node:cluster would end it on the spot, in the middle of a message.
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
}

/** Tells the primary. Nothing happens if it is gone. */
export function tellPrimary(message: ToPrimary): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

/** Says hello and waits for what is shared. */
export function joinWorkers(limits: SharedLimits): Promise<Required<SharedParts>> {
  const listeners: ((gossip: Gossip) => void)[] = [];
  const hear = (gossip: Gossip): void => {
    for (const listener of listeners) listener(gossip);
  };
  const channel: Channel = {
    send: (gossip) => void tellPrimary(gossip),
    receive: (listener) => void listeners.push(listener),
  };
  const { perAddress, perLogin, window } = limits;
  const attempts = sharedAttempts(throttle({ perAddress, perLogin, window, clock: systemClock }), channel);
  const connections = sharedConnections({
    total: limits.connections,
    perAddress: limits.connectionsPerAddress,
    channel,
  });
  return new Promise((resolve) => {
    let welcomed = false;
    process.on('message', (message: ToWorker) => {
      if (message.tell === 'stop' || message.tell === 'reload') return;
      if (message.tell !== 'welcome') {
        // What was told before is in the news as well, and must not count twice.
        if (welcomed) hear(message);
        return;
      }
      welcomed = true;
      for (const gossip of message.news) hear(gossip);
      resolve({ ticketKeys: Buffer.from(message.ticketKeys, 'base64'), attempts, connections });
    });
    void tellPrimary({ tell: 'hello' });
  });
}
