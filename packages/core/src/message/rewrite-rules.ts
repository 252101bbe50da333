/**
 * Where rewriting rules come from: the text of qmail's control files and of the QMAIL* variables. Reads no file and no
 * process environment: the texts are handed in.
 */
import { compileRewrite } from './rewrite.js';
import type { Rewrite } from './rewrite.js';

/** What the control files say; absent is "there is no such file". */
export interface RewriteSources {
  /** First line of control/me, or the host's name. */
  readonly me: string;
  readonly defaulthost?: string;
  readonly defaultdomain?: string;
  readonly plusdomain?: string;
  readonly idhost?: string;
  /** The whole text of control/rewrite. */
  readonly rewrite?: string;
}

/** Variables that win over the control files: QMAILDEFAULTHOST, QMAILDEFAULTDOMAIN, QMAILPLUSDOMAIN, QMAILIDHOST. */
export type QmailVariables = Readonly<Record<string, string | undefined>>;

/** The lines of a control file: blanks at the end are cut, empty lines and comments left out (qmail-control(5)). */
export function parseRewrite(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/[ \t\r]+$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The rules that hold: control/rewrite if there is one, else the four default rules (rewriting(5)). */
export function rewriteRules(sources: RewriteSources, variables: QmailVariables = {}): readonly string[] {
  if (sources.rewrite !== undefined) return parseRewrite(sources.rewrite);
  const host = variables['QMAILDEFAULTHOST'] ?? sources.defaulthost ?? sources.me;
  const domain = variables['QMAILDEFAULTDOMAIN'] ?? sources.defaultdomain ?? sources.me;
  const plus = variables['QMAILPLUSDOMAIN'] ?? sources.plusdomain ?? sources.me;
  return ['*.:', `=:${host}`, `*+:.${plus}`, `?:.${domain}`];
}

/** Rules compiled, and the host of new Message-IDs, which goes through the same rules. */
export function rewriteFrom(
  sources: RewriteSources,
  variables: QmailVariables = {},
): { rewrite: Rewrite; idHost: string } {
  const rewrite = compileRewrite(rewriteRules(sources, variables));
  const idhost = variables['QMAILIDHOST'] ?? sources.idhost ?? sources.me;
  return { rewrite, idHost: rewrite({ localPart: 'x', domain: idhost }).domain };
}
