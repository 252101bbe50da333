/** One connection of a client: TLS from the start, replies counted and hardly looked at, so that the server is what is measured. */
import { connect, createSecureContext } from 'node:tls';

// One for all: making it costs more than a session.
const secureContext = createSecureContext();

export class SessionClient {
  #socket;
  #rest = '';
  #wanted = 0;
  #resolve;
  #reject;
  #failed;

  /** Resolves when the greeting is there. */
  static async open(port) {
    const client = new SessionClient(port);
    await client.#replies(1);
    return client;
  }

  constructor(port) {
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      secureContext,
      rejectUnauthorized: false,
      servername: 'localhost',
    });
    this.#socket.setNoDelay(true);
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => this.#read(text));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** Sends `text` and waits for so many replies. @throws Error for a reply of 4yz or 5yz */
  ask(text, replies = 1) {
    this.#socket.write(text, 'latin1');
    return this.#replies(replies);
  }

  close() {
    this.#socket.destroy();
  }

  /** EHLO and AUTH PLAIN. */
  async login() {
    await this.ask('EHLO bench.example\r\n');
    await this.ask(`AUTH PLAIN ${Buffer.from('\0bench\0benchmark').toString('base64')}\r\n`);
  }

  #replies(count) {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    this.#wanted = count;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  #read(text) {
    const all = this.#rest + text;
    let at = 0;
    for (let end; (end = all.indexOf('\r\n', at)) >= 0; at = end + 2) {
      if (all[at + 3] === '-') continue;
      if (all[at] > '3') this.#fail(new Error(all.slice(at, end)));
      if (--this.#wanted === 0) this.#resolve();
    }
    this.#rest = all.slice(at);
  }

  #fail(error) {
    this.#failed ??= error;
    this.#reject?.(error);
  }
}
