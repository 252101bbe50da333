import { describe, expect, it } from 'vitest';
import { readTimestamp } from '../src/dialog.js';
import { readReply } from '../src/reply.js';

describe('readReply', () => {
  it.each([
    ['+OK', { ok: true, code: '', text: '' }],
    ['+OK hello', { ok: true, code: '', text: 'hello' }],
    ['-ERR [AUTH] no', { ok: false, code: 'AUTH', text: '[AUTH] no' }],
    ['-ERR [sys/temp] no', { ok: false, code: 'SYS/TEMP', text: '[sys/temp] no' }],
    ['-ERR [LOGIN-DELAY 60] no', { ok: false, code: 'LOGIN-DELAY', text: '[LOGIN-DELAY 60] no' }],
    ['-ERR no [AUTH]', { ok: false, code: '', text: 'no [AUTH]' }],
    ['-ERR [AUTH', { ok: false, code: '', text: '[AUTH' }],
    ['+OKAY', undefined],
    ['+ok', undefined],
    ['* OK', undefined],
    ['', undefined],
  ])('%j', (line, expected) => {
    expect(readReply(line)).toEqual(expected);
  });
});

describe('readTimestamp', () => {
  it.each([
    ['POP3 ready <1896.697170952@dbc.mtview.ca.us>', '<1896.697170952@dbc.mtview.ca.us>'],
    ['<4f39.11.6b0180b9.uxpVhOk/9ENv27rX94b44w==@vm>', '<4f39.11.6b0180b9.uxpVhOk/9ENv27rX94b44w==@vm>'],
    ['none', undefined],
    ['<nohost>', undefined],
    ['<a b@c>', undefined],
    ['<\x80@c>', undefined],
    ['<@c>', undefined],
  ])('%j', (text, expected) => {
    expect(readTimestamp(text)).toBe(expected);
  });
});
