/**
 * The shape of an SMTP reply, and its bytes. Knows nothing of what is said: that is the table in replies.ts.
 */

/**
 * One SMTP reply (RFC 5321 §4.2).
 *
 * The class digit of the enhanced status code (RFC 3463 §2) is computed from `code`, so the two cannot disagree.
 */
export interface Reply {
  /** Three digits, 220 to 559. */
  readonly code: number;
  /** Subject and detail of the enhanced status code, for example `[7, 8]` for 5.7.8. Absent where RFC 2034 §4 wants none. */
  readonly status?: readonly [subject: number, detail: number];
  /** One line or more, without code, status or line end. */
  readonly text: readonly string[];
  /** The connection is closed after this reply is written. Default false. */
  readonly close?: boolean;
}

/** True for a 4yz reply: the client should try again. */
export const isTemporary = (reply: Reply): boolean => reply.code >= 400 && reply.code < 500;

/** True for 2yz and 3yz replies. */
export const isPositive = (reply: Reply): boolean => reply.code < 400;

// Anything outside printable ASCII could split a reply in two (response splitting) or upset a client without SMTPUTF8.
const UNSAFE = /[^\x20-\x7e]/g;

// RFC 5321 §4.5.3.1.5: a reply line is at most 512 octets with code and CRLF.
const TEXT_LIMIT = 480;

/** `5.7.8`, or an empty string if the reply carries no enhanced status code. */
export function formatStatus(reply: Reply): string {
  if (reply.status === undefined) return '';
  return `${Math.floor(reply.code / 100)}.${reply.status[0]}.${reply.status[1]}`;
}

/**
 * The reply as it goes over the wire, CRLF included.
 *
 * RFC 5321 §4.2.1 for several lines, RFC 2034 §4 for the status on every line. A 334 with an empty challenge keeps its
 * space (RFC 4954 §4): some clients wait for it.
 */
export function formatReply(reply: Reply): string {
  const status = formatStatus(reply);
  const prefix = status === '' ? '' : `${status} `;
  const last = reply.text.length - 1;
  let wire = '';
  for (let i = 0; i <= last; i++) {
    const line = (reply.text[i] ?? '').replace(UNSAFE, '?');
    // A challenge is base64 and must stay whole; every other text is cut at the limit of a reply line.
    const text = reply.code === 334 ? line : line.slice(0, TEXT_LIMIT);
    wire += `${reply.code}${i < last ? '-' : ' '}${prefix}${text}\r\n`;
  }
  return wire;
}
