/** Plays `.dlg` files against a server. Their syntax is in dialog-parser.ts. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { DialogSyntaxError, matches, parseDialog, parsePattern, unescapeBytes } from './dialog-parser.js';
import type { Dialog, DialogStep } from './dialog-parser.js';
import { connectSmtp, SmtpClient } from './smtp-client.js';
import type { SmtpTarget } from './smtp-client.js';
import { pause } from './wait.js';

export interface PlayOptions extends Partial<SmtpTarget> {
  /** Values for `{name}`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A stream to play on instead of a connection to `port`. */
  readonly stream?: Duplex;
}

export interface PlayedDialog {
  /** `C: ...` and `S: ...` lines in the order in which they were sent and looked at. */
  readonly transcript: readonly string[];
}

/** Expected and got differ. The message holds file, line, both of them, and what was said before. */
export class DialogError extends Error {
  override readonly name = 'DialogError';
}

/**
 * Plays a dialog: a path, the text itself (anything with a line end in it), or one that was parsed.
 *
 * @throws DialogError at the first step that does not go as written; DialogSyntaxError if the file is wrong.
 */
export async function playDialog(dialog: string | Dialog, options: PlayOptions): Promise<PlayedDialog> {
  const parsed = typeof dialog === 'string' ? readDialog(dialog) : dialog;
  const client = await openClient(options);
  const player = new Player(parsed, client, options.variables ?? {});
  try {
    for (const [index, step] of parsed.steps.entries()) await player.play(step, parsed.steps[index + 1]);
    player.finish();
  } finally {
    client.destroy();
  }
  return { transcript: player.transcript };
}

/** Reads a dialog from a path, or from the text itself if it holds a line end. */
export const readDialog = (source: string): Dialog =>
  source.includes('\n') ? parseDialog(source) : parseDialog(readFileSync(source, 'utf8'), basename(source));

async function openClient(options: PlayOptions): Promise<SmtpClient> {
  if (options.stream !== undefined) return new SmtpClient(options.stream, options);
  if (options.port === undefined) throw new Error('playDialog needs a port or a stream');
  return connectSmtp({ ...options, port: options.port });
}

class Player {
  readonly transcript: string[] = [];
  readonly #dialog: Dialog;
  readonly #client: SmtpClient;
  readonly #variables: Readonly<Record<string, string>>;
  /** Lines of the reply that is being looked at, not yet matched. */
  #pending: string[] = [];
  #reply: readonly string[] = [];
  #at: DialogStep | undefined;

  constructor(dialog: Dialog, client: SmtpClient, variables: Readonly<Record<string, string>>) {
    this.#dialog = dialog;
    this.#client = client;
    this.#variables = variables;
  }

  async play(step: DialogStep, next: DialogStep | undefined): Promise<void> {
    this.#at = step;
    if (step.kind !== 'expect' && this.#pending.length > 0) {
      throw this.#failure('the end of the reply', this.#pending[0] ?? '');
    }
    switch (step.kind) {
      case 'send':
        this.#send(Buffer.from(`${this.#expand(step.text)}\r\n`), step.source);
        return;
      case 'send-raw':
        this.#send(Buffer.from(unescapeBytes(this.#expand(step.text)), 'latin1'), step.source);
        return;
      case 'expect':
        return this.#expect(this.#expand(step.pattern), next);
      case 'has':
      case 'has-not':
        this.#look(this.#expand(step.pattern), step.kind === 'has');
        return;
      case 'tls':
        return this.#attempt('a TLS handshake', () => this.#client.upgrade());
      case 'close':
        return this.#close();
      case 'half-close':
        this.#client.halfClose();
        return;
      case 'reset':
        this.#client.reset();
        return;
      case 'pause':
        return pause(step.milliseconds);
    }
  }

  finish(): void {
    if (this.#pending.length > 0) throw this.#failure('the end of the reply', this.#pending[0] ?? '');
  }

  #send(bytes: Buffer, source: string): void {
    this.transcript.push(source);
    this.#client.raw(bytes);
  }

  async #expect(text: string, next: DialogStep | undefined): Promise<void> {
    const pattern = this.#pattern(text);
    const fresh = this.#pending.length === 0;
    if (fresh) await this.#read(text);
    const shown = text.startsWith('/') ? text : JSON.stringify(text);
    if (pattern.kind === 'any') {
      this.#skip(next);
      return;
    }
    // A pattern with a dash is one line of several; without, it speaks for the whole reply.
    const whole = fresh && this.#pending.length > 1 && !/^\d{3}-/.test(text);
    const lines = whole ? this.#pending.splice(0) : this.#pending.splice(0, 1);
    for (const [index, line] of lines.entries()) {
      const asLast =
        whole && index < lines.length - 1 && pattern.kind !== 'regex' ? line.replace(/^(\d{3})-/, '$1 ') : line;
      if (!matches(pattern, asLast)) throw this.#failure(shown, line);
    }
  }

  /** `S: ...` */
  #skip(next: DialogStep | undefined): void {
    const stop = next?.kind === 'expect' ? this.#pattern(this.#expand(next.pattern)) : undefined;
    while (this.#pending.length > 0 && !(stop !== undefined && matches(stop, this.#pending[0] ?? '')))
      this.#pending.shift();
  }

  #look(text: string, wanted: boolean): void {
    const pattern = this.#pattern(text);
    const texts = this.#reply.map((line) => line.slice(4).replace(/^\d\.\d{1,3}\.\d{1,3} /, ''));
    const found = texts.find((line) => matches(pattern, line));
    if (wanted && found === undefined) throw this.#failure(`a line ${JSON.stringify(text)}`, this.#reply.join(' / '));
    if (!wanted && found !== undefined) throw this.#failure(`no line ${JSON.stringify(text)}`, found);
  }

  async #read(expected: string): Promise<void> {
    const reply = await this.#attempt(JSON.stringify(expected), () => this.#client.reply());
    this.#reply = reply.lines;
    this.#pending = [...reply.lines];
    this.transcript.push(...reply.lines.map((line) => `S: ${line}`));
  }

  async #close(): Promise<void> {
    await this.#attempt('the end of the connection', () => this.#client.closed());
    if (this.#client.unread !== '') throw this.#failure('the end of the connection', this.#client.unread);
  }

  async #attempt<T>(expected: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw this.#failure(expected, (error as Error).message);
    }
  }

  #pattern(text: string): ReturnType<typeof parsePattern> {
    try {
      return parsePattern(text);
    } catch (error) {
      throw new DialogSyntaxError(`${this.#dialog.name}:${this.#at?.line ?? 0}: ${(error as Error).message}`);
    }
  }

  #expand(text: string): string {
    let expanded = text;
    // Innermost first, so that {b64:\0{user}\0{pass}} works.
    for (;;) {
      // {3} and {3,5} belong to regular expressions.
      const found = /\{(?!\d+(?:,\d*)?\})([^{}]+)\}/.exec(expanded);
      if (found === null) return expanded;
      const value = this.#value(found[1] ?? '');
      expanded = expanded.slice(0, found.index) + value + expanded.slice(found.index + found[0].length);
    }
  }

  #value(name: string): string {
    const known = this.#variables[name];
    if (known !== undefined) return known;
    const repeated = /^(.+)\*(\d{1,7})$/s.exec(name);
    if (repeated !== null) return (repeated[1] ?? '').repeat(Number(repeated[2]));
    if (name.startsWith('b64:')) return Buffer.from(unescapeBytes(name.slice(4)), 'latin1').toString('base64');
    const cram = /^cram(?::([^:]*):(.*))?$/s.exec(name);
    if (cram !== null) {
      return this.#answer(cram[1] ?? this.#variables['user'] ?? '', cram[2] ?? this.#variables['pass'] ?? '');
    }
    throw new DialogSyntaxError(`${this.#dialog.name}:${this.#at?.line ?? 0}: unknown variable {${name}}`);
  }

  /** RFC 2195: login, space, keyed MD5 of the challenge in hexadecimal. */
  #answer(user: string, password: string): string {
    const last = this.#reply[0] ?? '';
    if (!last.startsWith('334 ')) throw this.#failure('a 334 with a challenge before {cram}', last);
    const challenge = Buffer.from(last.slice(4), 'base64');
    return Buffer.from(`${user} ${createHmac('md5', password).update(challenge).digest('hex')}`).toString('base64');
  }

  #failure(expected: string, got: string): DialogError {
    const before = this.transcript.slice(-12).map((line) => `    ${line}`);
    const where = `${this.#dialog.name}:${this.#at?.line ?? 0}`;
    return new DialogError(
      `${where}: ${this.#at?.source ?? ''}\n  expected ${expected}\n  got      ${got}\n  after\n${before.join('\n')}`,
    );
  }
}
