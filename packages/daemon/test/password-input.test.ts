import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readPassword } from '../src/commands/password-input.js';

const prompts = () => new PassThrough();
const piped = (text: string) => readPassword({ input: Readable.from([Buffer.from(text)]), prompts: prompts() });

describe('a password that is piped in', () => {
  it.each([
    ['secret\n', 'secret'],
    ['secret', 'secret'],
    ['se cret\r\nmore\n', 'se cret'],
    ['pässwörd\n', 'pässwörd'],
  ])('%j', async (text, password) => expect(await piped(text)).toBe(password));

  it.each([
    ['', 'an empty password is no password'],
    ['\nsecret\n', 'an empty password is no password'],
    ['a\0b\n', 'control characters cannot be in a password'],
    ['x'.repeat(1_025), 'a password has at most 1024 octets'],
  ])('%j is refused', async (text, message) => {
    await expect(piped(text)).rejects.toThrow(message);
  });
});

/** A terminal whose keys are pressed one after the other. */
function terminal() {
  const input = new PassThrough();
  const raw: boolean[] = [];
  const shown: string[] = [];
  const screen = new PassThrough();
  screen.on('data', (chunk: Buffer) => shown.push(chunk.toString()));
  const password = readPassword({
    input: Object.assign(input, { isTTY: true, setRawMode: (on: boolean) => raw.push(on) }),
    prompts: screen,
  });
  const press = async (keys: string): Promise<void> => {
    input.write(keys);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { password, press, raw, screen: () => shown.join('') };
}

describe('a password that is typed', () => {
  it('is asked for twice, and never shown', async () => {
    const { password, press, raw, screen } = terminal();
    await press('secret\r');
    await press('secret\r');
    expect(await password).toBe('secret');
    expect(screen()).toBe('Password: \nThe same again: \n');
    expect(raw).toEqual([true, false, true, false]);
  });

  it('can be mended while it is typed', async () => {
    const { password, press } = terminal();
    await press('wrong\x15sex\x7fcr\u{1f511}\x7fet\r');
    await press('secret\n');
    expect(await password).toBe('secret');
  });

  it('has to be the same twice', async () => {
    const { password, press } = terminal();
    const outcome = expect(password).rejects.toThrow('the two passwords differ');
    await press('secret\r');
    await press('sacred\r');
    await outcome;
  });

  it('can be broken off, and the terminal is as it was', async () => {
    const { password, press, raw } = terminal();
    const outcome = expect(password).rejects.toThrow('interrupted');
    await press('sec\x03');
    await outcome;
    expect(raw).toEqual([true, false]);
  });
});
