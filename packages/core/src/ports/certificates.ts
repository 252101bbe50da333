/** Which certificate for which name. Asked for every handshake, so that a new one holds from the next connection on. */
import type { SecureContext } from 'node:tls';

export interface Certificates {
  /** For a client that names no host, or one that is not known. */
  fallback(): SecureContext;
  /** Exact name first, then wildcard, then the fallback (RFC 6066 §3). */
  forName(servername: string): SecureContext;
}
