/** The mechanisms that this project leads itself, and what each needs a verifier to be able to check. */
import type { Check } from '../ports/verifier.js';
import { saslCramMd5 } from './sasl-cram-md5.js';
import { saslLogin } from './sasl-login.js';
import { saslPlain } from './sasl-plain.js';
import type { SaslMachine, SaslSetting } from './sasl.js';

export interface Mechanism {
  readonly name: string;
  readonly check: Check;
  /** The client may speak first (RFC 4422 §5): only then is an initial response allowed. */
  readonly clientFirst: boolean;
  begin(setting: SaslSetting): SaslMachine;
}

/** In the order in which they are advertised. */
export const ownMechanisms: readonly Mechanism[] = [
  { name: 'PLAIN', check: 'password', clientFirst: true, begin: saslPlain },
  { name: 'LOGIN', check: 'password', clientFirst: true, begin: saslLogin },
  { name: 'CRAM-MD5', check: 'cram-md5', clientFirst: false, begin: saslCramMd5 },
];

export const ownMechanism = (name: string): Mechanism | undefined =>
  ownMechanisms.find((mechanism) => mechanism.name === name);
