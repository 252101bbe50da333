/** Opens sessions, logs in, and holds them until it is stopped. Prints how many are open as one line of JSON. */
import { SessionClient } from './session-client.mjs';

const { port, sessions } = JSON.parse(process.argv[2]);
const AT_ONCE = 64;

const held = [];
let left = sessions;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) {
      const client = await SessionClient.open(port);
      await client.login();
      held.push(client);
    }
  }),
);
console.log(JSON.stringify({ open: held.length }));
setInterval(() => undefined, 60_000);
