/** What sloppy clients send and are understood, and what never is (pitfalls 2, 3, 4, 6, 21, 22, 23), from octets to octets. */
import { describe, expect, it } from 'vitest';
import { codes, play } from './wire-session.js';

const envelopeOf = (mail: string, rcpt: string): { sender: string; recipients: readonly string[] } | undefined => {
  const { queued } = play(`EHLO x\r\n${mail}\r\n${rcpt}\r\nDATA\r\nSubject: x\r\n\r\n.\r\n`);
  const [message] = queued;
  return message === undefined ? undefined : { sender: message.sender, recipients: message.recipients };
};

describe('sloppy clients', () => {
  it.each([
    ['MAIL FROM:<alice>', 'RCPT TO:<bob>', 'alice@mail.example', 'bob@mail.example'],
    ['MAIL FROM: <a@example.com>', 'RCPT TO: <b@example.net>', 'a@example.com', 'b@example.net'],
    ['mail from:a@example.com', 'rcpt to:b@example.net', 'a@example.com', 'b@example.net'],
    ['MAIL FROM:<@x,@y:a@example.com>', 'RCPT TO:<@z:b@example.net>', 'a@example.com', 'b@example.net'],
    ['MAIL FROM:<"a b"@example.com> BODY=8bitMIME', 'RCPT TO:<b.@example.net>', 'a b@example.com', 'b.@example.net'],
    ['MAIL FROM:<> AUTH=<>', 'RCPT TO:<b@EXAMPLE.net>', '', 'b@EXAMPLE.net'],
    [
      'MAIL FROM:<a@xn--bcher-kva.example>',
      'RCPT TO:<b@b\xc3\xbccher.example>',
      'a@xn--bcher-kva.example',
      'b@xn--bcher-kva.example',
    ],
  ])('%s', (mail, rcpt, sender, recipient) => {
    expect(envelopeOf(mail, rcpt)).toEqual({ sender, recipients: [recipient] });
  });

  it('EHLO with whatever they call themselves', () => {
    for (const name of ['[IPv6:::1]', 'my_laptop', "Alice's iPhone", '', '[192.0.2.1]', 'a b c']) {
      expect(codes(play(`EHLO ${name}\r\n`))).toEqual([250]);
    }
  });

  it('bare LF behind commands', () => {
    expect(codes(play('EHLO x\nMAIL FROM:<a@example.com>\nRCPT TO:<b@example.net>\nRSET\n'))).toEqual([
      250, 250, 250, 250,
    ]);
  });

  it('recipients stay in order, and are not merged', () => {
    const recipients = ['c@example.net', 'b@example.net', 'c@example.net', 'C@example.net'];
    const lines = recipients.map((one) => `RCPT TO:<${one}>\r\n`).join('');
    const { queued } = play(`EHLO x\r\nMAIL FROM:<a@example.com>\r\n${lines}DATA\r\nSubject: x\r\n\r\n.\r\n`);
    expect(queued[0]?.recipients).toEqual(recipients);
  });

  it('control characters and NUL are never understood', () => {
    for (const octet of ['\0', '\x01', '\t', '\x0b', '\x1b', '\x7f', '\r']) {
      const played = play(`EHLO x\r\nMAIL FROM:<a${octet}b@example.com>\r\nNOOP\r\n`);
      expect(played.replies[1]?.[0]).toBe('5');
      expect(played.replies[2]).toBe('250 2.0.0 OK');
    }
  });
});

describe('AUTH on the wire', () => {
  it('prompts to the octet', () => {
    const played = play('EHLO x\r\nauth login\r\n*\r\nAUTH PLAIN\r\n*\r\n');
    expect(played.actions.flatMap((action) => (action.action === 'reply' ? [action.text] : [])).slice(2)).toEqual([
      '334 VXNlcm5hbWU6\r\n',
      '501 5.7.0 Authentication cancelled\r\n',
      '334 \r\n',
      '501 5.7.0 Authentication cancelled\r\n',
    ]);
    expect(played.actions.some((action) => action.action === 'verify')).toBe(false);
  });

  it('reads base64 strictly, and stays in step', () => {
    for (const response of ['====', 'AGE', 'A', '!!!!', 'AGEAYg==x', '\xff']) {
      expect(play(`EHLO x\r\nAUTH PLAIN\r\n${response}\r\nNOOP\r\n`).replies.slice(2)).toEqual([
        '501 5.5.2 Cannot decode the response',
        '250 2.0.0 OK',
      ]);
    }
  });

  it('LOGIN with the name in the command, as .NET sends it', () => {
    const played = play(
      `EHLO x\r\nAUTH LOGIN YWxpY2U=\r\ncGFzcw==\r\n`,
      {},
      {
        verify: () => ({ outcome: 'accepted', identity: { login: 'alice' } }),
      },
    );
    expect(played.replies.slice(1)).toEqual(['334 UGFzc3dvcmQ6', '235 2.7.0 Authentication succeeded']);
  });

  it('a command inside an exchange is a response, and none is run', () => {
    const played = play('EHLO x\r\nAUTH LOGIN\r\nQUIT\r\nNOOP now\r\n');
    expect(played.replies.slice(2)).toEqual(['334 UGFzc3dvcmQ6', '501 5.5.2 Cannot decode the response']);
  });
});

describe('SIZE', () => {
  it('is refused at MAIL, for good', () => {
    expect(play('EHLO x\r\nMAIL FROM:<a@example.com> SIZE=1001\r\n', { messageSize: 1000 }).replies[1]).toBe(
      '552 5.3.4 Message is larger than this server takes',
    );
  });
});
