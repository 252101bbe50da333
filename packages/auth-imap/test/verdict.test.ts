import { describe, expect, it } from 'vitest';
import { verdictOfFailure } from '../src/verdict.js';

describe('verdictOfFailure', () => {
  const no = { authenticationFailed: true, responseStatus: 'NO' };
  it.each([
    [no, 'rejected'],
    [{ ...no, serverResponseCode: 'AUTHENTICATIONFAILED' }, 'rejected'],
    [{ ...no, serverResponseCode: 'UNAVAILABLE' }, 'unavailable'],
    [{ ...no, responseStatus: 'BAD' }, 'unavailable'],
    // A NO to STARTTLS or ID.
    [{ responseStatus: 'NO' }, 'unavailable'],
    // imapflow calls it a failed authentication when the connection ends in the middle.
    [{ authenticationFailed: true, code: 'NoConnection' }, 'unavailable'],
    [new Error('x'), 'unavailable'],
    [{}, 'unavailable'],
    [undefined, 'unavailable'],
    ['text', 'unavailable'],
  ])('%j: %s', (error, outcome) => {
    const verdict = verdictOfFailure(error);
    expect(verdict.outcome).toBe(outcome);
    if (verdict.outcome === 'unavailable') expect(verdict.cause).not.toBe('');
  });
});
