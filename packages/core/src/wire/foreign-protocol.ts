/** Recognises clients that speak something else than SMTP: TLS where STARTTLS was to come first, and browsers. */

// RFC 8446 §5.1: a handshake record starts with 22 and the major version 3. No command does.
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR = 0x03;

/** @param held what was read of this line before `input`, one character per octet */
export const isTlsRecord = (held: string, input: Uint8Array, at: number): boolean =>
  held === ''
    ? input[at] === TLS_HANDSHAKE && input[at + 1] === TLS_MAJOR
    : held.length === 1 && held.charCodeAt(0) === TLS_HANDSHAKE && input[at] === TLS_MAJOR;

const HTTP = /^(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|CONNECT|PATCH|TRACE|PRI) \S+ HTTP\/\d/;

/** A request line, RFC 9112 §3. A form in a web page must not be able to log in and send (cross-protocol attack). */
export const isHttp = (line: string): boolean => line.includes(' HTTP/') && HTTP.test(line);
