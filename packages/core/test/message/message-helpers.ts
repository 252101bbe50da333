/** Facts and options for the tests of this folder, and short ways to run a message through. */
import type { MessageFacts } from '../../src/message/facts.js';
import { messageOptions } from '../../src/message/options.js';
import type { MessageOptions } from '../../src/message/options.js';
import { prepareMessage } from '../../src/message/prepare.js';
import type { Preparation } from '../../src/message/prepare.js';
import { rewriteFrom } from '../../src/message/rewrite-rules.js';

export const facts: MessageFacts = {
  id: 'b7Q2',
  hostname: 'mail.example.com',
  helo: 'client.example',
  peer: { address: '192.0.2.1', port: 40000 },
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: '' },
  extended: true,
  authenticated: true,
  login: 'alice',
  sender: { localPart: 'alice', domain: 'example.com' },
  recipients: [{ localPart: 'bob', domain: 'example.net' }],
  time: new Date('2026-11-21T10:00:00Z'),
};

const completion = rewriteFrom({
  me: 'mail.example.com',
  defaulthost: 'example.com',
  defaultdomain: 'example.com',
  plusdomain: 'example.org',
});

export const options: MessageOptions = messageOptions({}, completion);

export interface Prepared {
  readonly text: string;
  /** Without the Received field on top. */
  readonly rest: string;
  readonly preparation: Preparation;
}

export interface Setting {
  readonly facts?: Partial<MessageFacts>;
  readonly options?: Partial<MessageOptions>;
  readonly record?: boolean;
}

/** Chunks through, octets out as latin1. */
export function prepareChunks(chunks: readonly Uint8Array[], setting: Setting = {}): Prepared {
  const preparation = prepareMessage(
    { ...facts, ...setting.facts },
    { ...options, ...setting.options },
    setting.record ?? false,
  );
  const out: Uint8Array[] = [];
  for (const chunk of chunks) out.push(...preparation.push(chunk));
  out.push(...preparation.end());
  const text = Buffer.concat(out).toString('latin1');
  return { text, rest: text.replace(/^Received: .*\n(?:[ \t].*\n)*/, ''), preparation };
}

/** A whole message in one chunk. */
export const prepare = (message: string, setting: Setting = {}): Prepared =>
  prepareChunks([Buffer.from(message, 'latin1')], setting);

/** The reason of the fault, or `none`. */
export function faultOf(message: string, setting: Setting = {}): string {
  try {
    prepare(message, setting);
    return 'none';
  } catch (error) {
    return (error as { reason: string }).reason;
  }
}
