/**
 * What every verifier and every queue must pass, as suites for any test framework. For those who write one.
 *
 * @module
 */
export type { DefineTest, DoesNotApply } from './define-test.js';
export { queueContext, verifyContext } from './contexts.js';
export { queueContract } from './queue-contract.js';
export type { QueueContractOptions, QueueUnderTest, StoredMessage } from './queue-contract.js';
export { verifierContract } from './verifier-contract.js';
export type { VerifierContractOptions, VerifierUnderTest } from './verifier-contract.js';
