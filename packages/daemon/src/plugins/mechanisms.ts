/** Mechanisms that the configuration asks for and that nobody could check. */
import { leadsSasl, ownMechanisms } from '@postern/core';
import type { Verifier } from '@postern/core';
import { ConfigurationError } from '../config/configuration-error.js';
import type { Configuration } from '../config/configuration.js';

/** A verifier that leads exchanges itself may know any name; without one there are only ours. @throws ConfigurationError */
export function checkMechanisms({ auth, file }: Configuration, verifiers: readonly Verifier[]): void {
  if (verifiers.some(leadsSasl)) return;
  const known = ownMechanisms.map(({ name }) => name);
  const stranger = auth.mechanisms?.find((name) => !known.includes(name.toUpperCase()));
  if (stranger === undefined) return;
  throw new ConfigurationError(file, 'auth.mechanisms', JSON.stringify(stranger), known.join(', '));
}
