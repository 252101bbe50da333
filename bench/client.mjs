/**
 * One process of the load generator. Asked by its parent: `{ target, shape, seconds }`, a closed loop on
 * `shape.connections` connections for so long, or `{ target, hold }`, which opens so many sessions and keeps them until the
 * parent closes the channel.
 */
import { messageOf, session } from './smtp-session.mjs';

/** So many failures are enough to know that something is wrong. */
const ENOUGH = 100;

process.on('message', (order) => {
  const work = order.hold === undefined ? load(order) : hold(order);
  work.then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function load({ target, shape, seconds }) {
  const body = messageOf(shape.size);
  const sessions = [];
  const messages = [];
  const failures = {};
  let failed = 0;
  const before = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;

  const one = () =>
    new Promise((resolve) => {
      const begun = performance.now();
      const onMessage = (milliseconds) => messages.push(milliseconds);
      session(target, { messages: shape.messages, body, onMessage }, (failure) => {
        if (failure === undefined) sessions.push(performance.now() - begun);
        else {
          failed++;
          failures[failure] = (failures[failure] ?? 0) + 1;
        }
        resolve(undefined);
      });
    });
  const loop = async () => {
    do await one();
    while (performance.now() < end && failed < ENOUGH);
  };
  await Promise.all(Array.from({ length: shape.connections }, loop));

  const { user, system } = process.cpuUsage(before);
  return { sessions, messages, failures, failed, milliseconds: performance.now() - start, cpu: (user + system) / 1000 };
}

async function hold({ target, hold: count, shape }) {
  const failures = {};
  let held = 0;
  let left = count;
  const loop = async () => {
    while (left-- > 0) {
      await new Promise((resolve) => {
        session(target, { messages: 0, body: Buffer.alloc(0), stay: true }, (failure, socket) => {
          if (failure === undefined) {
            held++;
            socket.setTimeout(0);
          } else failures[failure] = (failures[failure] ?? 0) + 1;
          resolve(undefined);
        });
      });
    }
  };
  await Promise.all(Array.from({ length: shape.connections }, loop));
  return { held, failures };
}
