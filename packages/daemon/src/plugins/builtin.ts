/** The verifiers and queues that come with the daemon. Each is loaded only if a configuration names it. */

export type Factory = (options: never) => unknown;

/** Loads a factory. */
export type Load = () => Promise<Factory>;

export const builtinVerifiers: Readonly<Record<string, Load>> = {
  checkpassword: async () => (await import('@postern/auth-checkpassword')).checkpassword,
  command: async () => (await import('@postern/auth-command')).command,
  dovecot: async () => (await import('@postern/auth-dovecot')).dovecot,
  file: async () => (await import('@postern/auth-file')).file,
  imap: async () => (await import('@postern/auth-imap')).imap,
  ldap: async () => (await import('@postern/auth-ldap')).ldap,
  pop3: async () => (await import('@postern/auth-pop3')).pop3,
};

export const builtinQueues: Readonly<Record<string, Load>> = {
  maildir: async () => (await import('@postern/core')).maildirQueue,
  qmqp: async () => (await import('@postern/queue-qmqp')).qmqp,
  'qmail-queue': async () => (await import('@postern/core')).qmailQueue,
};
