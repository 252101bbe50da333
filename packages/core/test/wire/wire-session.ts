/** Sessions without sockets, for the pure machines. */
import { Session } from '../../src/session/session.js';
import type { SessionRules } from '../../src/session/rules.js';
import { playSession } from '../../src/wire/play.js';
import type { PlayAction, PlayScript } from '../../src/wire/play.js';

export const RULES: SessionRules = {
  hostname: 'mail.example',
  startTls: false,
  requireTls: false,
  requireLogin: false,
  mechanisms: () => ['PLAIN', 'LOGIN', 'CRAM-MD5'],
  leader: () => undefined,
  authzidAsLogin: false,
  carries: new Set(['8bit'] as const),
  chunking: true,
  messageSize: 0,
  recipients: 100,
  messages: 0,
  errors: 20,
  failedLogins: 3,
  verp: false,
  senders: { name: 'any', maySendAs: () => true },
  complete: (mailbox) => (mailbox.domain === '' ? { localPart: mailbox.localPart, domain: 'mail.example' } : mailbox),
  nonce: () => '0123456789abcdef0123456789abcdef',
  now: () => 1_700_000_000_000,
};

export const newSession = (rules: Partial<SessionRules> = {}): Session =>
  new Session(
    {
      sessionId: 'played',
      peer: { address: '192.0.2.1', port: 40_000 },
      local: { address: '192.0.2.2', port: 587 },
      listener: 'test',
    },
    { ...RULES, ...rules },
  );

export interface Played {
  readonly actions: readonly PlayAction[];
  /** First lines of all replies but the greeting. */
  readonly replies: readonly string[];
  /** Messages that were committed. */
  readonly queued: readonly {
    readonly sender: string;
    readonly recipients: readonly string[];
    readonly text: string;
  }[];
  readonly closed: boolean;
}

/** Plays octets (one character each, or chunks of them) against a session. */
export function play(
  input: string | readonly (string | Uint8Array)[],
  rules: Partial<SessionRules> = {},
  script: PlayScript = {},
): Played {
  const queued: Played['queued'][number][] = [];
  const chunks = (typeof input === 'string' ? [input] : input).map((chunk) =>
    typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk,
  );
  const actions = playSession(newSession(rules), chunks, {
    queue: (envelope, message) => {
      const text = message.toString('latin1');
      const address = (mailbox: { localPart: string; domain: string } | null): string =>
        mailbox === null ? '' : `${mailbox.localPart}@${mailbox.domain}`;
      queued.push({ sender: address(envelope.sender), recipients: envelope.recipients.map(address), text });
      return { outcome: 'queued', id: String(queued.length) };
    },
    ...script,
  });
  const replies = actions.flatMap((action) => (action.action === 'reply' ? [action.text.split('\r\n')[0] ?? ''] : []));
  return { actions, replies: replies.slice(1), queued, closed: actions.at(-1)?.action === 'close' };
}

export const codes = (played: Played): number[] => played.replies.map((reply) => Number(reply.slice(0, 3)));

/** One octet a chunk. */
export const singles = (text: string): string[] => Array.from(text);

/** All ways to cut `text` in two, and the one with an octet a chunk. */
export function* splits(text: string): Generator<string[]> {
  for (let at = 0; at <= text.length; at++) yield [text.slice(0, at), text.slice(at)];
  yield singles(text);
}

/** Actions with neighbouring chunks of a message joined: how the input was cut must not show in anything else. */
export function joined(actions: readonly PlayAction[]): unknown[] {
  const out: unknown[] = [];
  let text: string | undefined;
  for (const action of actions) {
    if (action.action === 'chunk') {
      text = (text ?? '') + action.octets.toString('latin1');
      continue;
    }
    if (text !== undefined) out.push({ text });
    text = undefined;
    out.push(action.action === 'verify' ? { verify: action.ask.ask } : action);
  }
  if (text !== undefined) out.push({ text });
  return out;
}

export const ENVELOPE = 'EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\n';
