import { describe, expect, it } from 'vitest';
import { compileRewrite } from '../../src/message/rewrite.js';
import { parseRewrite, rewriteFrom, rewriteRules } from '../../src/message/rewrite-rules.js';

const hostAfter = (rules: readonly string[], domain: string): string =>
  compileRewrite(rules)({ localPart: 'joe', domain }).domain;

/** The example of rewriting(5). */
const berkeley = ['*.:', '=:vangogh', '?:.cs.b', '*.b:.berkeley.edu', '-.local:cs.berkeley.edu'];

const table: readonly (readonly [rules: readonly string[], host: string, expected: string])[] = [
  [berkeley, '', 'vangogh.cs.berkeley.edu'],
  [berkeley, 'vangogh', 'vangogh.cs.berkeley.edu'],
  [berkeley, 'vangogh.cs.b', 'vangogh.cs.berkeley.edu'],
  [berkeley, 'vangogh.cs.b.', 'vangogh.cs.berkeley.edu'],
  [berkeley, 'me.local', 'cs.berkeley.edu'],
  [berkeley, 'Me.LOCAL', 'cs.berkeley.edu'],
  [berkeley, 'example.com', 'example.com'],
  [berkeley, '[127.0.0.1]', '[127.0.0.1]'],
  [['=a:b'], 'a', 'b'],
  [['=a:b'], 'A', 'b'],
  [['=a:b'], 'xa', 'xa'],
  [['*a:b'], 'xa', 'xb'],
  [['*a:b'], 'a', 'b'],
  [['*a:b'], 'ax', 'ax'],
  [['?a:b'], 'xa', 'xb'],
  [['?a:b'], 'x.a', 'x.a'],
  [['?a:b'], '[xa', '[xa'],
  [['?a:b'], 'x]a', 'x]a'],
  [['?.a:b'], 'x.a', 'xb'],
  [['-a:b'], 'x.y.a', 'b'],
  [['-:b'], 'anything', 'b'],
  [['*:x'], 'a', 'ax'],
  // In order, each once: the second rule sees what the first made, the first is not asked again.
  [['=a:b', '=b:c', '=c:a'], 'a', 'a'],
  [['=b:c', '=a:b'], 'a', 'b'],
  // What follows the second colon belongs to the replacement.
  [['=a:b:c'], 'a', 'b:c'],
  // Lines that are no rules.
  [['', '#=a:x', 'a:b', '=a', '+a:b', ':'], 'a', 'a'],
];

describe('compileRewrite', () => {
  it.each(table)('%j on %j gives %j', (rules, host, expected) => {
    expect(hostAfter(rules, host)).toBe(expected);
  });

  it('leaves the empty address empty, and completes a local part without a host', () => {
    const rewrite = compileRewrite(['=:example.com']);
    expect(rewrite({ localPart: '', domain: '' })).toEqual({ localPart: '', domain: '' });
    expect(rewrite({ localPart: 'joe', domain: '' })).toEqual({ localPart: 'joe', domain: 'example.com' });
  });

  it('gives back the same object if nothing changes', () => {
    const mailbox = { localPart: 'joe', domain: 'example.com' };
    expect(compileRewrite(berkeley)(mailbox)).toBe(mailbox);
  });

  it('knows case in ASCII only', () => {
    expect(hostAfter(['=\u00e4:x'], '\u00c4')).toBe('\u00c4');
    // The Kelvin sign is no k.
    expect(hostAfter(['=k:x'], '\u212a')).toBe('\u212a');
  });
});

describe('rewriteRules', () => {
  const me = 'mail.example.com';

  it('falls back to control/me for each of the three', () => {
    expect(rewriteRules({ me })).toEqual(['*.:', `=:${me}`, `*+:.${me}`, `?:.${me}`]);
  });

  it('takes the control files, and the variables before them', () => {
    const sources = { me, defaulthost: 'h', defaultdomain: 'd', plusdomain: 'p' };
    expect(rewriteRules(sources)).toEqual(['*.:', '=:h', '*+:.p', '?:.d']);
    const variables = { QMAILDEFAULTHOST: 'H', QMAILDEFAULTDOMAIN: 'D', QMAILPLUSDOMAIN: 'P' };
    expect(rewriteRules(sources, variables)).toEqual(['*.:', '=:H', '*+:.P', '?:.D']);
    expect(rewriteRules(sources, { QMAILDEFAULTHOST: '' })[1]).toBe('=:');
  });

  it('reads control/rewrite in place of all of them, even an empty one', () => {
    expect(rewriteRules({ me, rewrite: '=a:b\n' }, { QMAILDEFAULTHOST: 'H' })).toEqual(['=a:b']);
    expect(rewriteRules({ me, rewrite: '' })).toEqual([]);
  });

  it('cuts blanks at line ends and leaves comments out', () => {
    expect(parseRewrite('=a:b \t\n\n# no\n *x:y\n?:.z')).toEqual(['=a:b', ' *x:y', '?:.z']);
  });

  it.each([
    ['bob', '', 'bob@host.example.com'],
    ['jim', 'cs+', 'jim@cs.example.org'],
    ['jim', 'cs', 'jim@cs.example.net'],
    ['jim', 'cs.', 'jim@cs.example.net'],
    ['jim', 'cs.example.', 'jim@cs.example'],
    ['jim', '[10.0.0.1]', 'jim@[10.0.0.1]'],
  ])('the default rules complete %s@%s', (localPart, domain, expected) => {
    const { rewrite } = rewriteFrom({
      me,
      defaulthost: 'host.example.com',
      plusdomain: 'example.org',
      defaultdomain: 'example.net',
    });
    const done = rewrite({ localPart, domain });
    expect(`${done.localPart}@${done.domain}`).toBe(expected);
  });

  it('puts the host of Message-IDs through the same rules', () => {
    expect(rewriteFrom({ me }).idHost).toBe(me);
    expect(rewriteFrom({ me, idhost: 'ids', defaultdomain: 'example.net' }).idHost).toBe('ids.example.net');
    expect(rewriteFrom({ me, idhost: 'ids' }, { QMAILIDHOST: 'x.example.' }).idHost).toBe('x.example');
  });
});
