/**
 * Error text that a queue program gives to the client, in the dialects there are. Knows nothing of processes: it is given
 * what was written on the descriptors.
 *
 * - notqmail 1.09 and later: descriptor 6, exit 82
 * - Curti's and sagredo's patch, simscan: descriptor 4, exit 82 or 88
 * - indimail: descriptor 2, exit 88
 * - mailfront: a text for an exit code in the environment, QQERRMSG_<code>
 */

/** At most so many octets are looked at. */
export const CUSTOM_TEXT_LIMIT = 1024;

export interface CustomText {
  /** Absent: the exit code decides. */
  readonly outcome?: 'refused' | 'deferred';
  /** Printable ASCII, not empty. */
  readonly text: string;
  /** Where the text has an enhanced status code of the right class in it. */
  readonly status?: readonly [number, number];
}

export interface CustomTextSources {
  /** What came on descriptors 4 and 6, which are one pipe. */
  readonly custom: Uint8Array;
  /** What came on descriptor 2. */
  readonly standardError: Uint8Array;
  readonly env: Readonly<Record<string, string>>;
}

/** `undefined` if the program has nothing to say to the client. */
export function customText(code: number, sources: CustomTextSources): CustomText | undefined {
  if (code === 82 || code === 88) {
    const found = lettered(sources.custom) ?? (code === 88 ? lettered(sources.standardError) : undefined);
    if (found !== undefined) return found;
  }
  const configured = sources.env[`QQERRMSG_${code}`];
  return configured === undefined ? undefined : withStatus(printable(configured));
}

/** First letter `D`: permanent, `Z`: temporary. Anything else is not a text for the client. */
function lettered(octets: Uint8Array): CustomText | undefined {
  const outcome = octets[0] === 0x44 ? 'refused' : octets[0] === 0x5a ? 'deferred' : undefined;
  if (outcome === undefined) return undefined;
  const rest = Buffer.from(octets.subarray(1, CUSTOM_TEXT_LIMIT)).toString('latin1');
  const found = withStatus(printable(rest), outcome === 'refused' ? '5' : '4');
  return found === undefined ? { outcome, text: 'Message not accepted' } : { ...found, outcome };
}

// Line ends and control octets would let the program write replies of its own into the session.
const printable = (text: string): string =>
  text
    .replace(/[^\x20-\x7e\x80-\xff]+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();

/** `5.7.1 text` as mailfront writes it, `text (#5.7.1)` as qmail does. */
function withStatus(text: string, kind = '[45]'): CustomText | undefined {
  const leading = /^([245])\.(\d{1,3})\.(\d{1,3}) +(?=\S)/.exec(text);
  const rest = leading === null ? text : text.slice(leading[0].length);
  if (rest === '') return undefined;
  const found = leading ?? /\(#([245])\.(\d{1,3})\.(\d{1,3})\)$/.exec(text);
  // A code of the other class would contradict the reply's.
  if (found === null || !new RegExp(`^${kind}$`).test(found[1] ?? '')) return { text: rest };
  return { text: rest, status: [Number(found[2]), Number(found[3])] };
}
