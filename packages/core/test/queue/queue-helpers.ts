/** What the tests of the queues share. */
import { parsePath } from '../../src/base/path.js';
import type { Envelope } from '../../src/base/envelope.js';
import { rawAddress } from '../../src/base/mailbox.js';
import type { StoredMessage } from '../../src/contract/index.js';
import { readMaildir } from '@postern/testkit';

export const envelope = (): Envelope => ({
  sender: { localPart: 'alice', domain: 'example.com' },
  recipients: [{ localPart: 'bob', domain: 'example.net' }],
  body: '8bitmime',
  smtputf8: false,
});

export async function* message(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk as string);
}

/** Reads a Maildir back: the trace fields on top become the envelope again. */
export function storedInMaildir(path: string): StoredMessage[] {
  return readMaildir(path).map(({ raw }) => {
    let at = 0;
    const recipients: string[] = [];
    const field = (name: string): string | undefined => {
      const end = raw.indexOf('\n', at);
      const line = raw.subarray(at, end < 0 ? raw.length : end).toString('utf8');
      if (!line.startsWith(`${name}: `)) return undefined;
      at = end + 1;
      return line.slice(name.length + 2);
    };
    const sender = address(field('Return-Path') ?? '<missing>');
    for (let found = field('Delivered-To'); found !== undefined; found = field('Delivered-To'))
      recipients.push(address(`<${found}>`));
    return { message: raw.subarray(at), sender, recipients };
  });
}

function address(path: string): string {
  const parsed = parsePath(path);
  if (parsed === undefined) throw new Error(`not a path: ${path}`);
  return parsed.mailbox === null ? '' : rawAddress(parsed.mailbox);
}
