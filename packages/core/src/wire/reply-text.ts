/** The octets of replies. Those of the table that never change are formatted once. */
import { replies } from '../base/replies.js';
import { formatReply } from '../base/reply.js';
import type { Reply } from '../base/reply.js';

const fixed = new Map<Reply, string>();
for (const reply of Object.values(replies)) {
  if (typeof reply !== 'function') fixed.set(reply, formatReply(reply));
}

/** As `formatReply`. */
export const replyText = (reply: Reply): string => fixed.get(reply) ?? formatReply(reply);
