/** The data stream of the smtp-server package as a message source: CRLF becomes LF on the way. */
import type { Readable } from 'node:stream';
import { ClientGone } from '../base/message-fault.js';
import { LineEndings } from '../message/line-endings.js';
import type { LineEndingPolicy } from '../message/line-endings.js';
import type { MessageSource } from '../session/services.js';

export function messageSource(stream: Readable, policy: LineEndingPolicy): MessageSource {
  // A client that leaves destroys the stream with an error; nobody may be reading at that moment.
  stream.on('error', () => undefined);
  return {
    async *[Symbol.asyncIterator]() {
      const lineEndings = new LineEndings(policy);
      for await (const chunk of chunks(stream)) yield* lineEndings.push(chunk);
      yield* lineEndings.end();
    },
    async discard(octets) {
      let left = octets;
      for await (const chunk of chunks(stream)) {
        left -= chunk.length;
        if (left < 0) return 'too-much';
      }
      return 'ended';
    },
  };
}

/** Leaves the stream whole when the reader stops early: what is left has to be discarded up to the end of the data. */
async function* chunks(stream: Readable): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch {
    throw new ClientGone();
  }
  if (!stream.readableEnded) throw new ClientGone();
}
