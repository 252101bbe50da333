/** A server that somebody else has started: `--peer`. */

/** @returns {import('../subjects.mjs').Subject} */
export const given = ({ name, host, port, pids }) => ({
  name,
  missing: () => undefined,
  start: async () => ({ host, port, pids, stop: async () => undefined }),
});
