/** What `--help` says. */
import type { CommandName } from './command-line.js';

export const GENERAL_HELP = `posternd: authenticated, encrypted mail submission (RFC 6409)

Usage: posternd [COMMAND] [OPTIONS]

  serve     listen and serve (this is what happens without a command)
  check     look at the configuration and everything it names, serve nothing
  session   serve one connection on descriptors 0 and 1, for tcpserver and inetd
  passwd    hash a password for the users file of the verifier "file"
  explain   say what would become of a message, and why; nothing is sent

  -h, --help       this text; posternd COMMAND --help tells more
  -V, --version    the version

Without --config the file is /etc/posternd.toml. Where there is neither that file nor a qmail,
posternd serves the embedded default: two ports on 127.0.0.1, a user and a Maildir made up on the spot.

Exit status: 0 all is well, 1 it could not be done, 2 wrong arguments or configuration.
`;

export const COMMAND_HELP: Readonly<Record<CommandName, string>> = {
  serve: `Usage: posternd serve [OPTIONS]

Listens on the addresses of the configuration and serves until SIGTERM.
The log goes to standard error, one JSON object a line; "event":"ready" says that every listener is bound.

  -c, --config FILE    default /etc/posternd.toml
  --log json|pretty    whatever the file says
  --embedded           the embedded default, whatever there is
  --ports N,N          for the embedded default: STARTTLS, implicit TLS. Default 2587,2465; 0 takes any

Signals: SIGTERM and SIGINT finish the messages in flight and end; a second one ends at once. SIGHUP reads the
configuration, the certificates and the users again; if anything is wrong, all stays as it was.

Examples:
  posternd serve --config /etc/posternd.toml
  posternd serve --embedded --log pretty
`,
  check: `Usage: posternd check [--config FILE]

Reads the configuration, the control files, the certificates and keys, loads the verifiers and the queue, shows
each verifier a login that nobody has, and tries the ports. Prints a line for everything. Serves nothing.
Started as root it looks at files and programs as the user who would serve.

  -c, --config FILE    default /etc/posternd.toml

Exit status: 0 nothing is wrong (there may be warnings), 2 something is.

Examples:
  posternd check
  posternd check --config ./posternd.toml && systemctl reload posternd
`,
  session: `Usage: posternd session [OPTIONS]

Serves one SMTP session on descriptors 0 and 1 and ends. PROTO, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP and
TCPLOCALPORT say who is there (tcp-environ(5)); RELAYCLIENT and DATABYTES hold for this session. STARTTLS is
offered if the configuration has a [tls] section. The [[listen]] sections are not used.

  -c, --config FILE    default /etc/posternd.toml
  --log json|pretty    the log goes to standard error

Examples:
  tcpserver -v 0 587 posternd session --config /etc/posternd.toml
  posternd session < session.txt
`,
  explain: `Usage: posternd explain [OPTIONS] < MESSAGE

Prints the envelope that the queue would get, and field by field what would be done to the header and by which
rule. Nothing is sent, and nothing but the configuration is read.

  -c, --config FILE    default /etc/posternd.toml
  --from ADDRESS       the envelope sender as a client would give it; default: your login; <> is the null sender
  --to ADDRESS         a recipient; may be given several times

Exit status: 0 it would be taken, 1 it would not, 2 wrong arguments or configuration.

Examples:
  posternd explain --from alice --to bob < message
  printf 'To: bob, "Jim" jim@cs+\\n\\nHello\\n' | posternd explain --config ./posternd.toml
`,
  passwd: `Usage: posternd passwd LOGIN [--file FILE]

Reads a password (typed twice without echo on a terminal, otherwise one line from standard input), hashes it with
scrypt, and prints the line for a users file, or puts it into FILE in place of the line that LOGIN has there.
A hashed password cannot do CRAM-MD5; that needs the password itself in the file: LOGIN:PASSWORD.

  -f, --file FILE    the users file; made with mode 0600 if it does not exist

Examples:
  posternd passwd alice@example.com --file /etc/postern/users
  pwgen -s 24 1 | posternd passwd printer
`,
};
