/** A Message-ID for a message that has none (RFC 5322 §3.6.4). */

/** `<20261121100000.ID@idhost>`, with the time in UTC. */
export function newMessageId(time: Date, id: string, idHost: string): string {
  const stamp = time.toISOString().slice(0, 19).replace(/[-T:]/g, '');
  return `<${stamp}.${id.replace(/[^A-Za-z0-9_-]+/g, '-')}@${idHost}>`;
}
