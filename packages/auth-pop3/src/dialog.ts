/** What is said to a POP3 server to find out whether a password is right (RFC 1939, RFC 2449, RFC 2595). Knows no socket. */
import { createHash } from 'node:crypto';
import type { Verdict } from '@postern/core';
import type { Channel } from './channel.js';
import { readReply, unavailable, verdictOfLogin, verdictOfRefusal } from './reply.js';
import type { Capabilities, Pop3Reply } from './reply.js';

export interface DialogSettings {
  readonly startTls: boolean;
  readonly method: 'user' | 'apop' | 'auto';
  readonly inUse: 'accepted' | 'unavailable';
}

/** Said last, whatever came before. Without it the mailbox may stay locked for a while (RFC 1939 §6). */
export const QUIT = Buffer.from('QUIT\r\n');

// No server has so many capabilities, and none may keep us listening.
const MOST_CAPABILITIES = 200;

/** @throws Error if the connection ends before an answer */
export async function logIn(
  channel: Channel,
  settings: DialogSettings,
  login: string,
  password: Buffer,
): Promise<Verdict> {
  const greeting = await reply(channel);
  if (!greeting.ok) return unavailable(`greeted with -ERR${greeting.code && ` [${greeting.code}]`}`);
  if (settings.startTls) {
    if (!(await command(channel, 'STLS')).ok) return unavailable('the server has no STLS');
    await channel.startTls();
  }
  return showPassword(channel, settings, greeting, login, password);
}

async function showPassword(
  channel: Channel,
  { method, inUse }: DialogSettings,
  greeting: Pop3Reply,
  login: string,
  password: Buffer,
): Promise<Verdict> {
  const capabilities = await readCapabilities(channel);
  const facts = { login, capabilities, inUse };
  const timestamp = readTimestamp(greeting.text);
  if (method === 'apop' || (method === 'auto' && timestamp !== undefined)) {
    if (timestamp === undefined) return unavailable('the server has no APOP');
    const digest = createHash('md5').update(timestamp, 'latin1').update(password).digest('hex');
    return verdictOfLogin(await command(channel, `APOP ${login} ${digest}`), facts);
  }
  // RFC 2449 §6.3: a server that does not take USER here says so by not listing it. Asked all the same, some answer as if
  // the user did not exist.
  if (capabilities !== undefined && !capabilities.has('USER')) return unavailable('the server does not take USER here');
  const user = await command(channel, `USER ${login}`);
  if (!user.ok) {
    // RFC 1939 §7 lets a server refuse a name at once; without CAPA it cannot be told from an unknown command.
    return capabilities === undefined ? unavailable('the server refused USER') : verdictOfRefusal(user, capabilities);
  }
  const line = Buffer.concat([Buffer.from('PASS '), password, Buffer.from('\r\n')]);
  channel.send(line);
  return verdictOfLogin(await reply(channel), facts);
}

/**
 * RFC 1939 §7: `<process-ID.clock@hostname>`. Only what RFC 822 allows in a msg-id is taken: a server, or somebody in
 * between, that chooses other octets can find out the password by collisions (CVE-2007-1558).
 */
export const readTimestamp = (text: string): string | undefined =>
  /<[\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+>/.exec(text)?.[0];

async function readCapabilities(channel: Channel): Promise<Capabilities> {
  if (!(await command(channel, 'CAPA')).ok) return undefined;
  const names = new Set<string>();
  for (let lines = 0; lines < MOST_CAPABILITIES; lines++) {
    const line = await channel.line();
    if (line === '.') return names;
    names.add((line.split(' ')[0] ?? '').toUpperCase());
  }
  throw new Error('a list of capabilities without an end');
}

function command(channel: Channel, line: string): Promise<Pop3Reply> {
  channel.send(Buffer.from(`${line}\r\n`));
  return reply(channel);
}

async function reply(channel: Channel): Promise<Pop3Reply> {
  const read = readReply(await channel.line());
  if (read === undefined) throw new Error('what the server said is no POP3');
  return read;
}
