/** Makes new sessions out of those of the corpus. One character is one octet. */
import type { Random } from './random.js';

/** What sessions are made of, and what has confused servers. */
const WORDS = [
  'EHLO x\r\n',
  'HELO x\r\n',
  'MAIL FROM:<a@example.com>\r\n',
  'MAIL FROM:<> SIZE=99999999\r\n',
  'RCPT TO:<b@example.net>\r\n',
  'DATA\r\n',
  'BDAT 10\r\n',
  'BDAT 3 LAST\r\n',
  'BDAT 0 LAST\r\n',
  'BDAT 999999999999999\r\n',
  'AUTH PLAIN\r\n',
  'AUTH LOGIN\r\n',
  'AUTH PLAIN AGFsaWNlAG9wZW4gc2VzYW1l\r\n',
  'AUTH PLAIN ====\r\n',
  '*\r\n',
  'STARTTLS\r\n',
  'RSET\r\n',
  'NOOP\r\n',
  'QUIT\r\n',
  'GET / HTTP/1.1\r\n',
  'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
  '\r\n.\r\n',
  '.\r\n',
  '\n.\n',
  '\r\n.\n',
  '\r.\r',
  '\r\n..\r\n',
  '\r',
  '\n',
  '\0',
  '\x16\x03\x01\x02\x00',
  '\xff\xfe',
  'x'.repeat(2100),
  'AUTH PLAIN '.padEnd(12_400, 'A'),
  'Subject: x\r\n\r\n',
];

const MOST = 64 * 1024;

export function mutate(corpus: readonly string[], random: Random): string {
  let text = random.pick(corpus);
  for (let rounds = random.below(6); rounds > 0; rounds--) text = change(text, corpus, random).slice(0, MOST);
  return text;
}

function change(text: string, corpus: readonly string[], random: Random): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + random.below(40));
  switch (random.below(7)) {
    case 0:
      return text.slice(0, at) + random.pick(WORDS) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, to) + text.slice(at, to) + text.slice(to);
    case 3:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 4: {
      const other = random.pick(corpus);
      return text.slice(0, at) + other.slice(random.below(other.length + 1));
    }
    case 5:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + random.pick(WORDS).repeat(1 + random.below(5)) + text.slice(to);
  }
}

/** Cuts into chunks: often one, sometimes single octets, otherwise anything. */
export function cut(text: string, random: Random): Buffer[] {
  const octets = Buffer.from(text, 'latin1');
  if (random.oneIn(4)) return [octets];
  const most = random.oneIn(4) ? 1 : 1 + random.below(random.oneIn(2) ? 20 : 2000);
  const chunks: Buffer[] = [];
  for (let at = 0; at < octets.length;) {
    const end = Math.min(octets.length, at + 1 + random.below(most));
    chunks.push(octets.subarray(at, end));
    at = end;
  }
  return chunks;
}
