/** The protocol as data: which command is allowed when, and what is said if it is not. Knows no handler. */
import { replies } from '../base/replies.js';
import type { Reply } from '../base/reply.js';

/** Where a session stands. */
export type State =
  /** No EHLO yet (or forgotten, after TLS started). */
  | 'start'
  /** Greeted; no transaction. */
  | 'ready'
  /** MAIL was accepted. */
  | 'mail'
  /** One recipient at least. */
  | 'rcpt'
  /** Between BDAT chunks. */
  | 'chunks';

export type Verb =
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'BDAT'
  | 'RSET'
  | 'NOOP'
  | 'HELP'
  | 'VRFY'
  | 'EXPN'
  | 'QUIT';

/** What must be so before a command is looked at, besides the state. */
export type Need =
  /** TLS, where this listener requires it (RFC 3207 §4). */
  | 'tls'
  /** A login, where this listener requires one (RFC 6409 §4.3). */
  | 'login';

export interface Rule {
  /** The reply in each state in which the command is not allowed. */
  readonly not: Readonly<Partial<Record<State, Reply>>>;
  readonly needs: readonly Need[];
}

const anywhere: Rule = { not: {}, needs: [] };

/** RFC 5321 §4.1.4, RFC 3207 §4, RFC 4954 §4, RFC 3030 §2, RFC 6409 §4.3 */
export const protocol: Readonly<Record<Verb, Rule>> = {
  EHLO: anywhere,
  HELO: anywhere,
  RSET: anywhere,
  NOOP: anywhere,
  HELP: anywhere,
  VRFY: anywhere,
  EXPN: anywhere,
  QUIT: anywhere,
  STARTTLS: {
    not: { mail: replies.notInTransaction, rcpt: replies.notInTransaction, chunks: replies.notInTransaction },
    needs: [],
  },
  AUTH: {
    not: {
      start: replies.helloFirst,
      mail: replies.authInTransaction,
      rcpt: replies.authInTransaction,
      chunks: replies.authInTransaction,
    },
    needs: [],
  },
  MAIL: {
    not: {
      start: replies.helloFirst,
      mail: replies.nestedMail,
      rcpt: replies.nestedMail,
      chunks: replies.dataAfterChunk,
    },
    needs: ['tls', 'login'],
  },
  RCPT: {
    not: { start: replies.helloFirst, ready: replies.mailFirst, chunks: replies.dataAfterChunk },
    needs: ['tls', 'login'],
  },
  DATA: {
    not: {
      start: replies.helloFirst,
      ready: replies.mailFirst,
      mail: replies.rcptFirst,
      chunks: replies.dataAfterChunk,
    },
    needs: ['tls', 'login'],
  },
  BDAT: {
    not: { start: replies.helloFirst, ready: replies.mailFirst, mail: replies.rcptFirst },
    needs: ['tls', 'login'],
  },
};

export const isVerb = (word: string): word is Verb => Object.hasOwn(protocol, word);
