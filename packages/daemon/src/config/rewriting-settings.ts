/** Who says how an address without a host is completed: the file, then the QMAIL* variables, then the control files. */
import type { RewritingSettings } from './configuration.js';
import type { ControlFiles } from './control.js';
import type { FileSettings } from './schema.js';

/** Undefined if nobody says anything: then there is no qmail to be like. */
export function rewritingSettings(
  message: FileSettings['message'],
  control: ControlFiles,
  hostname: string,
  environment: Readonly<Record<string, string | undefined>>,
): RewritingSettings | undefined {
  const chosen = {
    defaulthost: message['default-host'] ?? environment['QMAILDEFAULTHOST'] ?? control.defaulthost,
    defaultdomain: message['default-domain'] ?? environment['QMAILDEFAULTDOMAIN'] ?? control.defaultdomain,
    plusdomain: message['plus-domain'] ?? environment['QMAILPLUSDOMAIN'] ?? control.plusdomain,
    idhost: message['id-host'] ?? environment['QMAILIDHOST'] ?? control.idhost,
    rewrite: message.rewrite?.join('\n') ?? control.rewrite,
  };
  const said = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
  if (Object.keys(said).length === 0 && control.me === undefined) return undefined;
  return { sources: { ...said, me: control.me ?? hostname } };
}
