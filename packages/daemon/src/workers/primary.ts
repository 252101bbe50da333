/**
 * The primary: starts workers, replaces those that die, passes their gossip on, and hands on signals. It reads nothing that
 * comes from the network.
 */
import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { randomBytes } from 'node:crypto';
import type { BoundListener } from '@postern/core';
import type { Log } from '../log/log.js';
import { bulletin } from './bulletin.js';
import type { Gossip, ToPrimary, ToWorker } from './channel.js';
import { restartDelay } from './restart-delay.js';

export interface PrimaryOptions {
  readonly workers: number;
  /** Milliseconds for which failed logins count. */
  readonly window: number;
  readonly log: Log;
  /** Every worker is bound for the first time. */
  ready(bound: readonly BoundListener[]): void;
}

// A worker that does not end when it is told to end at once does not end at all.
const LAST_RESORT = 5000;

/** Runs until a signal ends it. Resolves with the exit status. */
export function runPrimary(options: PrimaryOptions): Promise<number> {
  const { log } = options;
  const ticketKeys = randomBytes(48).toString('base64');
  const board = bulletin(options.window);
  /** Workers that live, and since when. */
  const started = new Map<number, number>();
  /** Those that serve. They steer by our messages; the others still end by a signal. */
  const serving = new Set<number>();
  /** Those that were starting when a reload came: they may have read what was there before. */
  const stale = new Set<number>();
  const restarts = new Set<NodeJS.Timeout>();
  let announced = false;
  let stopping: 'no' | 'in-order' | 'at-once' = 'no';
  let deaths = 0;
  let status = 0;
  let settle: (status: number) => void = () => undefined;

  // Each worker accepts for itself: no connection takes the way through this process.
  cluster.schedulingPolicy = cluster.SCHED_NONE;

  const send = (worker: Worker, message: ToWorker): void => {
    if (worker.isConnected()) worker.send(message, () => undefined);
  };
  const pass = (gossip: Gossip, from?: Worker): void => {
    for (const worker of workers()) if (worker !== from) send(worker, gossip);
  };

  const fork = (): void => {
    const worker = cluster.fork();
    started.set(worker.id, Date.now());
    worker.on('error', (error) => log.error({ event: 'worker', outcome: 'failed', cause: error.message }));
  };

  // By the channel: whoever stops the daemon may have signalled the workers as well, and two signals mean "at once".
  const stopOne = (worker: Worker): void => {
    if (serving.has(worker.id)) send(worker, { tell: 'stop', now: stopping === 'at-once' });
    else worker.process.kill('SIGTERM');
  };
  const stopAll = (): void => {
    stopping = stopping === 'no' ? 'in-order' : 'at-once';
    for (const restart of restarts) clearTimeout(restart);
    workers().forEach(stopOne);
    if (stopping === 'at-once') {
      setTimeout(() => {
        for (const worker of workers()) worker.process.kill('SIGKILL');
      }, LAST_RESORT);
    }
    endIfAlone();
  };
  const endIfAlone = (): void => {
    if (started.size > 0) return;
    if (announced || status === 0) log.info({ event: 'stopped' });
    settle(status);
  };

  const onReady = (worker: Worker, bound: readonly BoundListener[]): void => {
    serving.add(worker.id);
    // Its start was under way when the end came.
    if (stopping !== 'no') stopOne(worker);
    else if (stale.delete(worker.id)) send(worker, { tell: 'reload' });
    if (announced) log.info({ event: 'worker', outcome: 'ready', worker: worker.process.pid });
    else if (stopping === 'no' && serving.size === options.workers) {
      announced = true;
      options.ready(bound);
    }
  };

  const onCannotStart = (line: string, exitStatus: number): void => {
    if (announced) log.error({ event: 'worker', outcome: 'cannot-start', cause: line });
    // It would be the same for the next one; and the others say the same.
    else if (stopping === 'no') {
      process.stderr.write(`${line}\n`);
      status = exitStatus;
      stopAll();
    }
  };

  const onExit = (worker: Worker, code: number | null, signal: string | null): void => {
    const lived = Date.now() - (started.get(worker.id) ?? 0);
    const served = serving.delete(worker.id);
    started.delete(worker.id);
    stale.delete(worker.id);
    if (stopping !== 'no') {
      if (served && code !== 0 && status === 0) status = 1;
      endIfAlone();
      return;
    }
    const lost = board.buried(worker.id);
    if (lost !== undefined) pass(lost);
    deaths = lived > 60_000 ? 1 : deaths + 1;
    const delay = restartDelay(deaths);
    log.error({ event: 'worker', outcome: 'died', worker: worker.process.pid, code, signal, restart: delay });
    const restart = setTimeout(() => {
      restarts.delete(restart);
      fork();
    }, delay);
    restarts.add(restart);
  };

  cluster.on('message', (worker: Worker, message: ToPrimary) => {
    // What a dead one said last comes after its connections were taken back, and would count for ever.
    if (!started.has(worker.id)) return;
    if (message.tell === 'hello') send(worker, { tell: 'welcome', ticketKeys, news: board.news() });
    else if (message.tell === 'ready') onReady(worker, message.bound);
    else if (message.tell === 'cannot-start') onCannotStart(message.line, message.status);
    else {
      board.heard(worker.id, message);
      pass(message, worker);
    }
  });
  cluster.on('exit', onExit);

  const onSignal = (signal: NodeJS.Signals): void => {
    log.info({ event: stopping === 'no' ? 'stopping' : 'stopping-now', signal });
    stopAll();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => {
    for (const worker of workers()) {
      if (serving.has(worker.id)) send(worker, { tell: 'reload' });
      else stale.add(worker.id);
    }
  });
  for (let i = 0; i < options.workers; i++) fork();
  return new Promise((resolve) => {
    settle = resolve;
  });
}

const workers = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
