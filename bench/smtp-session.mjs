/**
 * The client's side of one session: implicit TLS, AUTH PLAIN, messages with MAIL, RCPT and DATA in one write, QUIT. A plain
 * state machine on callbacks, so that the client is not what is measured.
 */
import tls from 'node:tls';

// One context for all connections: making one costs more than a handshake. No session is kept, so every handshake is whole.
const secureContext = tls.createSecureContext({ minVersion: 'TLSv1.2' });

/** @param {number} size octets, line ends included */
export function messageOf(size) {
  const head =
    'From: <alice@example.test>\r\nTo: <bob@example.test>\r\nSubject: load test\r\n' +
    'Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <load@example.test>\r\n\r\n';
  const body = Buffer.alloc(Math.max(0, size - head.length), 'x');
  for (let at = 76; at + 1 < body.length; at += 78) body.write('\r\n', at);
  const end = body.length === 0 || body.subarray(-2).toString() === '\r\n' ? '.\r\n' : '\r\n.\r\n';
  return Buffer.concat([Buffer.from(head), body, Buffer.from(end)]);
}

/**
 * @param {{ host: string, port: number, login: string, password: string }} target
 * @param {{ messages: number, body: Buffer, stay?: boolean, onMessage?: (milliseconds: number) => void }} work
 * @param {(failure: string | undefined, socket: import('node:tls').TLSSocket) => void} done called once; with `stay`
 *   when the login has been accepted, and the session is left open
 */
export function session(target, work, done) {
  const socket = tls.connect({
    host: target.host,
    port: target.port,
    servername: 'localhost',
    rejectUnauthorized: false,
    secureContext,
  });
  socket.setNoDelay(true);
  socket.setTimeout(60_000);
  const auth = Buffer.from(`\0${target.login}\0${target.password}`).toString('base64');
  let state = 'greeting';
  let sent = 0;
  let begun = 0;
  let pending = '';
  let over = false;

  const finish = (failure) => {
    if (over) return;
    over = true;
    if (work.stay !== true || failure !== undefined) socket.destroy();
    done(failure, socket);
  };
  const next = () => {
    if (sent === work.messages) {
      state = 'quit';
      socket.write('QUIT\r\n');
      return;
    }
    begun = performance.now();
    state = 'mail';
    socket.write('MAIL FROM:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n');
  };
  const wanted = { greeting: '220', ehlo: '250', auth: '235', mail: '250', rcpt: '250', data: '354', body: '250' };

  const reply = (line) => {
    const code = line.slice(0, 3);
    // What QUIT is answered with does not matter.
    if (state === 'quit') return finish();
    if (code !== wanted[state]) return finish(`${state}: ${line}`);
    switch (state) {
      case 'greeting':
        state = 'ehlo';
        socket.write('EHLO load.test\r\n');
        break;
      case 'ehlo':
        state = 'auth';
        socket.write(`AUTH PLAIN ${auth}\r\n`);
        break;
      case 'auth':
        if (work.stay === true) finish();
        else next();
        break;
      case 'mail':
        state = 'rcpt';
        break;
      case 'rcpt':
        state = 'data';
        break;
      case 'data':
        state = 'body';
        socket.write(work.body);
        break;
      case 'body':
        sent++;
        work.onMessage?.(performance.now() - begun);
        next();
    }
  };

  socket.on('data', (octets) => {
    pending += octets.latin1Slice();
    for (let end = pending.indexOf('\n'); end >= 0 && !over; end = pending.indexOf('\n')) {
      const line = pending.slice(0, end).trimEnd();
      pending = pending.slice(end + 1);
      if (line[3] !== '-') reply(line);
    }
  });
  socket.on('timeout', () => finish(`${state}: silent for 60 s`));
  socket.on('error', (error) => finish(`${state}: ${error.code ?? error.message}`));
  socket.on('close', () => finish(state === 'quit' ? undefined : `${state}: closed`));
}
