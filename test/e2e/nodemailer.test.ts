import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGate, pass, user } from '../support/gate.js';
import type { Gate } from '../support/gate.js';
import { loggedAs, waysIn } from './matrix.js';

let gate: Gate;
beforeAll(async () => {
  gate = await openGate();
});
afterAll(() => gate.close());

const transport = (listener: 'starttls' | 'implicit', mechanism: string, password = pass, pool = false) =>
  createTransport({
    host: '127.0.0.1',
    port: gate.target(listener).port,
    secure: listener === 'implicit',
    requireTLS: true,
    auth: { user, pass: password },
    authMethod: mechanism,
    tls: { ca: gate.ca, servername: 'localhost' },
    ...(pool ? { pool: true, maxConnections: 4 } : {}),
  } as Parameters<typeof createTransport>[0]);

describe('nodemailer', () => {
  it.each(waysIn)('sends over $listener with $mechanism', async ({ listener, mechanism }) => {
    const subject = `nodemailer ${listener} ${mechanism}`;
    const sender = transport(listener, mechanism);
    const result = (await sender.sendMail({
      from: user,
      to: 'bob@example.net',
      bcc: 'eve@example.net',
      subject,
      text: '.\nGrüße\n',
    })) as { response: string };
    expect(result.response).toMatch(/^250 2\.0\.0 ok /);
    const message = gate.messages().find((one) => one.fields('Subject').includes(subject));
    expect(message?.fields('To')).toEqual(['bob@example.net']);
    expect(message?.raw.includes('\r')).toBe(false);
    expect(loggedAs(gate, mechanism)).toBe(true);
    sender.close();
  });

  it('is told that a wrong password is wrong', async () => {
    await expect(transport('starttls', 'PLAIN', 'wrong').verify()).rejects.toMatchObject({
      code: 'EAUTH',
      responseCode: 535,
    });
  });

  it('sends many messages over few connections, each of them once', async () => {
    const sender = transport('implicit', 'PLAIN', pass, true);
    const before = gate.messages().length;
    const subjects = Array.from({ length: 40 }, (_unused, i) => `pooled ${i}`);
    await Promise.all(
      subjects.map((subject) => sender.sendMail({ from: user, to: 'bob@example.net', subject, text: subject })),
    );
    sender.close();
    const found = gate
      .messages()
      .flatMap((one) => one.fields('Subject').filter((subject) => subject.startsWith('pooled ')));
    expect(found.sort()).toEqual(subjects.sort());
    expect(gate.messages()).toHaveLength(before + 40);
  });
});
