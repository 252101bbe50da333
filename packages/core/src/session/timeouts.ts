/** How long a client may take, in milliseconds (RFC 5321 §4.5.3.2). */
export interface Timeouts {
  /** TLS handshake. */
  readonly handshake: number;
  /** From accept to EHLO. */
  readonly greeting: number;
  /** Between commands. */
  readonly command: number;
  /** From accept to a successful login. */
  readonly unauthenticated: number;
  /** Without any octet during DATA. */
  readonly data: number;
  /** PROXY header. */
  readonly proxy: number;
}
