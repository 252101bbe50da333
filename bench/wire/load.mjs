/** One run of one shape against one server. */
import { startClient } from './children.mjs';

/** Sessions per second where each has one message, otherwise messages; session times in ms; server CPU in ms for each. */
export async function measureLoad(server, shape) {
  const client = await startClient({ port: server.port, ...shape });
  const before = server.cpu();
  const { seconds, p50, p99 } = await client.run();
  const count = shape.sessions * shape.messages;
  return { perSecond: count / seconds, p50, p99, cpu: (server.cpu() - before) / count };
}
