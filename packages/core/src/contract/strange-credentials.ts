/**
 * Logins and passwords that have opened doors elsewhere: injected filters, cut strings, fields that ended early. Each group
 * becomes a case of the verifier suite.
 */

interface User {
  readonly login: string;
  readonly password: string;
}

type Groups<T> = readonly (readonly [what: string, values: readonly T[]])[];

/** None of these is the user's login. All are tried with the user's password too. */
export const strangeLogins = ({ login, password }: User): Groups<string> => [
  ['NUL in a login', [`${login}\0`, `\0${login}`, `${login}\0x`, `${login}\0${password}\0`, '\0', '\0\0\0']],
  [
    'line ends and control characters in a login',
    [`${login}\n`, `${login}\r\n`, `x\n${login}`, `${login}\t`, `${login}\x01`, `${login}\x7f`],
  ],
  [
    'LDAP metacharacters in a login',
    [
      '*',
      `${login}*`,
      `${login.slice(0, 1)}*`,
      `*)(uid=${login}`,
      `${login})(|(uid=*`,
      `${login}\\00`,
      `(${login})`,
      `${login},dc=x`,
      `${login}+cn=x`,
      `#${login}`,
    ],
  ],
  [
    'IMAP and POP3 metacharacters in a login',
    [
      `"${login}"`,
      `{${login.length}}`,
      `{${login.length}+}\r\n${login}`,
      `${login}" "x`,
      `${login}\\`,
      `${login}%`,
      `${login} ${password}`,
    ],
  ],
  [
    'shell and SQL metacharacters in a login',
    [
      `${login};true`,
      `$(echo ${login})`,
      `\`${login}\``,
      `${login}' OR '1'='1`,
      `${login}' --`,
      `${login}|true`,
      `-${login}`,
      `--`,
      `../${login}`,
    ],
  ],
  [
    'separators of password files in a login',
    [`${login}:`, `${login}:${password}`, `:${login}`, `${login}:x:0:0`, ':', '::'],
  ],
  ['long logins', ['x'.repeat(4096), login + 'x'.repeat(4096), login.repeat(1000)]],
  [
    'UTF-8 logins',
    ['ålice', `${login}\u0301`, '用户', '👤', `\ufeff${login}`, `${login}\u200b`, '\u0430\u0441\u0435', '\ud800'],
  ],
];

/** None of these is the user's password. */
export const strangePasswords = ({ login, password }: User): Groups<string | Buffer> => [
  ['NUL in a password', [`${password}\0`, `\0${password}`, `${password}\0x`, '\0', `x\0${login}\0${password}`]],
  [
    'line ends and control characters in a password',
    [`${password}\n`, `${password}\r\n`, `x\n${password}`, `${password}\x01`],
  ],
  [
    'metacharacters in a password',
    [
      '*',
      `${password}*`,
      `${password})(uid=*`,
      `"${password}"`,
      `' OR '1'='1`,
      `$(echo ${password})`,
      `${login}:${password}`,
      `:${password}`,
    ],
  ],
  ['long passwords', ['x'.repeat(4096), password + 'x'.repeat(4096), password.repeat(1000)]],
  [
    'passwords that are not UTF-8',
    [Buffer.from([0xff, 0xfe]), Buffer.concat([Buffer.from(password), Buffer.from([0x80])])],
  ],
];
