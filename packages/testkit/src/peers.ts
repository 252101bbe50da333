/**
 * Real programs that tests talk to, and where Debian has them. A test that needs one is skipped, with the reason written
 * down, on a machine that lacks it; with POSTERN_REQUIRE_PEERS=1 it fails instead.
 */
import { accessSync, appendFileSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Peer {
  readonly name: string;
  /** Absolute path of the program. */
  readonly path: string;
  /** The Debian package that has it. */
  readonly package: string;
}

interface KnownPeer {
  readonly package: string;
  /** Names of the program, the first found wins; an absolute path is looked at as it is. Default: the peer's own name. */
  readonly programs?: readonly string[];
}

const KNOWN = {
  swaks: { package: 'swaks' },
  msmtp: { package: 'msmtp' },
  mutt: { package: 'mutt' },
  curl: { package: 'curl' },
  python3: { package: 'python3', programs: ['/usr/bin/python3', 'python3'] },
  openssl: { package: 'openssl' },
  stunnel4: { package: 'stunnel4', programs: ['stunnel4', 'stunnel'] },
  haproxy: { package: 'haproxy' },
  'cvm-checkpassword': { package: 'cvm' },
  'cvm-pwfile': { package: 'cvm' },
  dovecot: { package: 'dovecot-core' },
  'dovecot-imap': { package: 'dovecot-imapd', programs: ['/usr/lib/dovecot/imap-login'] },
  'dovecot-pop3': { package: 'dovecot-pop3d', programs: ['/usr/lib/dovecot/pop3-login'] },
  doveadm: { package: 'dovecot-core' },
  slapd: { package: 'slapd' },
  slapadd: { package: 'slapd' },
  ldapadd: { package: 'ldap-utils' },
  postfix: { package: 'postfix' },
  qmqpd: { package: 'postfix', programs: ['/usr/lib/postfix/sbin/qmqpd'] },
  'qmqpfront-qmail': { package: 'mailfront' },
  'qmqpfront-echo': { package: 'mailfront' },
  'smtpfront-qmail': { package: 'mailfront' },
  tcpserver: { package: 'ucspi-tcp' },
  setuidgid: { package: 'daemontools' },
  pamtester: { package: 'pamtester' },
  'redis-server': { package: 'redis-server' },
  strace: { package: 'strace' },
} as const satisfies Record<string, KnownPeer>;

export type PeerName = keyof typeof KNOWN;

// An ordinary user's PATH often lacks the sbin directories.
const PLACES = ['/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin', '/bin', '/sbin'];

/** The program, or undefined where this machine does not have it. */
export function findPeer(name: PeerName): Peer | undefined {
  const known: KnownPeer = KNOWN[name];
  const places = [...new Set([...PLACES, ...(process.env['PATH'] ?? '').split(delimiter)])].filter(
    (place) => place !== '',
  );
  for (const program of known.programs ?? [name]) {
    const candidates = program.startsWith('/') ? [program] : places.map((place) => join(place, program));
    const path = candidates.find(isExecutable);
    if (path !== undefined) return { name, path, package: known.package };
  }
  return undefined;
}

/** What `needPeer` asks of a test: vitest's context has it. */
export interface SkippableTest {
  skip(reason?: string): never;
  readonly task?: { readonly name: string; readonly file?: { readonly name: string } };
}

/**
 * The program, for a test that cannot do without it. Missing: the test is skipped and the record gets a line; with
 * POSTERN_REQUIRE_PEERS=1 the test fails.
 */
export function needPeer(test: SkippableTest, name: PeerName): Peer {
  const peer = findPeer(name);
  if (peer !== undefined) return peer;
  const reason = missing(name, test.task === undefined ? '' : `${test.task.file?.name ?? ''}: ${test.task.name}`);
  return test.skip(reason);
}

/** What `describePeer` asks of `describe`: vitest's has it. */
export interface SkippableSuite {
  (name: string, body: () => void): unknown;
  skip(name: string, body: () => void): unknown;
}

/** A suite that needs one program or several; `body` is not run without them. Otherwise as `needPeer`. */
export function describePeer(
  describe: SkippableSuite,
  names: PeerName | readonly PeerName[],
  title: string,
  body: (...peers: Peer[]) => void,
): void {
  const wanted = typeof names === 'string' ? [names] : names;
  const peers: Peer[] = [];
  for (const name of wanted) {
    const peer = findPeer(name);
    if (peer === undefined) {
      const reason = missing(name, title);
      describe.skip(`${title} (${reason})`, () => undefined);
      return;
    }
    peers.push(peer);
  }
  describe(title, () => body(...peers));
}

/** One line of the record. */
export interface MissingPeer {
  readonly peer: string;
  readonly package: string;
  readonly test: string;
}

/** What the file named by POSTERN_PEER_RECORD holds: JSON lines, one for every test or suite that was skipped. */
export function readPeerRecord(path: string): MissingPeer[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MissingPeer);
}

/** Writes it down and says it in one line. @throws Error where peers are required. */
function missing(name: PeerName, test: string): string {
  const reason = `${name} is not on this machine: apt-get install ${KNOWN[name].package}`;
  if (process.env['POSTERN_REQUIRE_PEERS'] === '1') throw new Error(`${reason} (POSTERN_REQUIRE_PEERS=1)`);
  const record = process.env['POSTERN_PEER_RECORD'];
  const line: MissingPeer = { peer: name, package: KNOWN[name].package, test };
  if (record !== undefined && record !== '') appendFileSync(record, `${JSON.stringify(line)}\n`);
  return reason;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
