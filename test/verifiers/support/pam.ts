/** PAM services that only the programs of a test can see: in a mount namespace of their own /etc/pam.d is another. */
import { tempDir } from '@postern/testkit';
import type { TempDir } from '@postern/testkit';

/** The command that runs `argv` with `directory` as its /etc/pam.d. Needs root. */
export function withPamDirectory(
  directory: string | undefined,
  argv: readonly [string, ...string[]],
): [string, ...string[]] {
  if (directory === undefined) return [...argv];
  return ['unshare', '-m', '--', 'sh', '-c', 'mount --bind "$0" /etc/pam.d && exec "$@"', directory, ...argv];
}

/** `accepts`: one user. `broken`, `unknown`, `expired`: what they say. */
export function pamServices(login: string, password: string): TempDir {
  const dir = tempDir('postern-pam-');
  // pam_exec(8) gives the password on standard input, ended by NUL.
  const check = dir.write(
    'check',
    `#!/bin/sh\npassword=$(tr -d '\\000')\n[ "$PAM_USER" = '${login}' ] && [ "$password" = '${password}' ]\n`,
    0o755,
  );
  dir.write(
    'accepts',
    `auth sufficient pam_exec.so expose_authtok quiet ${check}\nauth required pam_deny.so\naccount required pam_permit.so\n`,
  );
  dir.write('broken', 'auth required pam_debug.so auth=authinfo_unavail\naccount required pam_permit.so\n');
  dir.write('missing', 'auth required pam_no_such_module.so\naccount required pam_permit.so\n');
  dir.write('unknown', 'auth required pam_debug.so auth=user_unknown\naccount required pam_permit.so\n');
  dir.write('expired', 'auth required pam_permit.so\naccount required pam_debug.so acct=acct_expired\n');
  dir.write('stale', 'auth required pam_permit.so\naccount required pam_debug.so acct=new_authtok_reqd\n');
  dir.write('other', 'auth required pam_deny.so\naccount required pam_deny.so\n');
  return dir;
}
