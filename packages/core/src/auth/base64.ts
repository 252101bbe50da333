/** Base64 as RFC 4954 §4 wants it: strict. `AUTH PLAIN ====` has crashed a server that ran as root. */

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The octets, or `undefined` for anything that is not well-formed base64 with its padding (RFC 4648 §4). */
export function decodeBase64(text: string): Buffer | undefined {
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

export const encodeBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
