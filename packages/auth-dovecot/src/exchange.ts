/** One SASL exchange that Dovecot leads: what the client says goes to it, what it says comes back. */
import type { ExchangeStep, Gate, Verdict, VerifyContext } from '@postern/core';
import type { AuthClient } from './client.js';
import type { AnswerOrLoss, AuthConnection } from './connection.js';
import type { DovecotSettings } from './options.js';
import { within } from './patience.js';
import { authLine, continueLine } from './protocol.js';
import { verdictOfFail, verdictOfOk } from './verdict.js';

export interface Exchange {
  step(response: Buffer | undefined): Promise<ExchangeStep>;
  cancel(): void;
}

const unavailable = (cause: string): Verdict => ({ outcome: 'unavailable', cause });

/** @param login who it is if Dovecot does not say; empty if that is not known */
export function beginExchange(
  client: AuthClient,
  gate: Gate,
  settings: DovecotSettings,
  mechanism: string,
  context: VerifyContext,
  login = '',
): Exchange {
  let request: { readonly id: number; readonly connection: AuthConnection } | undefined;
  // What is said when the client has taken note of the server's last words.
  let decided: Verdict | undefined;

  const cancel = (): void => {
    request?.connection.cancel(request.id);
    request = undefined;
  };

  const ask = async (response: Buffer | undefined): Promise<ExchangeStep> => {
    const started = request === undefined;
    if (request === undefined) {
      const connection = await within(settings.deadline, context.signal, client.connection());
      if ('kind' in connection) return unavailable(connection.cause);
      request = { id: connection.newId(), connection };
    }
    const { id, connection } = request;
    const line = started
      ? authLine(id, mechanism, settings.service, context, response)
      : continueLine(id, response ?? Buffer.alloc(0));
    // Dovecot would end the connection, and with it the requests of everybody else.
    if (Buffer.byteLength(line) > settings.requestLimit) {
      if (!started) cancel();
      return { outcome: 'rejected' };
    }
    const answer = await within(settings.deadline, context.signal, connection.ask(id, line));
    if (answer.kind === 'given-up') {
      cancel();
      return unavailable(answer.cause);
    }
    if (answer.kind !== 'continue') request = undefined;
    return read(answer);
  };

  const read = (answer: AnswerOrLoss): ExchangeStep => {
    switch (answer.kind) {
      case 'lost':
        return unavailable(answer.cause);
      case 'continue':
        return { outcome: 'challenge', challenge: answer.data };
      case 'fail':
        return verdictOfFail(answer.fields);
      case 'ok': {
        const verdict = verdictOfOk(answer.fields, settings.fields, login);
        const last = answer.fields.get('resp');
        // RFC 4954 §4: a reply cannot carry the server's last words, so they are a challenge that is answered with nothing.
        if (last === undefined || last === '' || verdict.outcome !== 'accepted') return verdict;
        decided = verdict;
        return { outcome: 'challenge', challenge: Buffer.from(last, 'base64') };
      }
    }
  };

  return {
    async step(response) {
      if (decided !== undefined)
        return response === undefined || response.length === 0 ? decided : { outcome: 'rejected' };
      const release = await gate.enter(context.signal);
      if (release === undefined) return unavailable('too many logins at once');
      try {
        return await ask(response);
      } catch (error) {
        return unavailable(error instanceof Error ? error.message : String(error));
      } finally {
        release();
      }
    },
    cancel,
  };
}
