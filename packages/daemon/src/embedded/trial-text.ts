/** What to type, for a person who tries the embedded default. */
import type { BoundListener } from '@postern/core';
import type { Trial } from './embedded.js';

/** Lines for a terminal; the password is in them, so they go to standard output and never into the log. */
export function trialText(trial: Trial, bound: readonly BoundListener[]): string {
  const port = (tls: BoundListener['tls']): number => bound.find((listener) => listener.tls === tls)?.port ?? 0;
  const { login, password, certificate, maildir } = trial;
  return `
posternd serves on 127.0.0.1 with a throwaway certificate, user and queue:

  STARTTLS       127.0.0.1:${port('starttls')}
  implicit TLS   127.0.0.1:${port('implicit')}
  login          ${login}
  password       ${password}
  certificate    ${certificate}
  queue          ${maildir}/new

Try it:

  swaks --server 127.0.0.1:${port('starttls')} --tls --auth PLAIN --auth-user ${login} --auth-password ${password} \\
    --from ${login}@localhost --to friend@example.com

  printf 'Subject: hello\\n\\nfrom curl\\n' | curl --crlf --url smtps://localhost:${port('implicit')} --cacert ${certificate} \\
    --user ${login}:${password} --mail-from ${login}@localhost --mail-rcpt friend@example.com --upload-file -

  openssl s_client -quiet -starttls smtp -connect 127.0.0.1:${port('starttls')} -CAfile ${certificate}

All of this is removed when it ends (Ctrl-C).

`;
}
