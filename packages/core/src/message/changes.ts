/** What was done to a message, for a person to read. */

export interface Change {
  /** Name of the field as it is written. */
  readonly field: string;
  readonly action: 'added' | 'changed' | 'dropped' | 'moved';
  /** The rules that did it, `date-missing` or `host =:example.com` for example. */
  readonly rules: readonly string[];
  /** The field without its line end, as octets in latin1. Absent for `added`. */
  readonly before?: string;
  /** Absent for `dropped`. */
  readonly after?: string;
}
