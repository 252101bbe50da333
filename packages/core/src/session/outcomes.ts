/** From what verifiers and queues answered to what the client is told. Nothing internal passes through here. */
import type { AttemptOutcome } from '../auth/attempt.js';
import { MessageFault } from '../base/message-fault.js';
import { faultReplies, replies } from '../base/replies.js';
import type { Reply } from '../base/reply.js';
import type { QueueResult } from '../ports/queue.js';

export function replyToAttempt(outcome: AttemptOutcome): Reply {
  switch (outcome.outcome) {
    case 'accepted':
      return replies.authenticated;
    case 'rejected':
      return replies.credentialsInvalid;
    case 'unavailable':
      return replies.authUnavailable;
    case 'blocked':
      return replies.authBlocked;
  }
}

export function replyToQueue(result: QueueResult): Reply {
  switch (result.outcome) {
    case 'queued':
      return replies.queued(result.id);
    case 'refused':
      return replies.queueRefused(result.text, result.status);
    case 'deferred':
      return replies.queueDeferred(result.text, result.status);
  }
}

/** For what was thrown: a fault of the message has its reply, anything else is ours and has one text only. */
export const replyToError = (error: unknown, sessionId: string): Reply =>
  error instanceof MessageFault ? faultReplies[error.reason] : replies.internalError(sessionId);
