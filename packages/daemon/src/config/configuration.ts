/** What the daemon runs on, whatever it was written in. Plain values: no file is open, no package is loaded. */
import type { LimitSettings, ListenSettings, MessageSettings, NameSettings, TimeoutSettings } from '@postern/core';

/** A package by name, and its options. */
export interface PluginSettings {
  /** `file`, `./my-verifier.js`, or the name of an npm package. */
  readonly use: string;
  /** Where it stands in the file, for error lines: `auth.verifier[0]`. */
  readonly key: string;
  /** For the factory; camelCase. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Paths of PEM files. */
export interface KeyFiles {
  readonly cert: string;
  readonly key: string;
  /** For error lines: `tls`, `tls.certificate[0]`. */
  readonly at: string;
}

/** What completes addresses: control files, the QMAIL* variables and the file's own words, already in that order. */
export interface RewritingSettings {
  readonly sources: {
    readonly me: string;
    readonly defaulthost?: string;
    readonly defaultdomain?: string;
    readonly plusdomain?: string;
    readonly idhost?: string;
    readonly rewrite?: string;
  };
}

export interface Configuration {
  /** For error lines. */
  readonly file: string;
  /** Relative paths and modules are found from here. */
  readonly directory: string;
  readonly hostname: string;
  /** qmail's home. */
  readonly qmail: string;
  /** Who serves, if the daemon is started as root. */
  readonly user?: string | number;
  readonly group?: string | number;
  readonly engine: 'wire' | 'smtp-server';
  /** Processes that serve. */
  readonly workers: number;
  readonly listen: readonly ListenSettings[];
  /** Absent: no listener does TLS. The first pair is for clients that name no host. */
  readonly tls?: { readonly pairs: readonly KeyFiles[]; readonly profile: 'modern' | 'legacy' };
  readonly auth: {
    readonly mechanisms?: readonly string[];
    readonly requireTls: boolean;
    readonly authzidAsLogin: boolean;
    readonly verifiers: readonly PluginSettings[];
  };
  readonly queue: PluginSettings;
  readonly message: Omit<MessageSettings, 'sizeLimit'>;
  /** Absent: an address without a host gets `hostname`, and that is all. */
  readonly rewriting?: RewritingSettings;
  /** Who is called what, by envelope sender (ofmipname(8)). */
  readonly names: {
    /** A name.cdb, or its source. */
    readonly file?: string;
    readonly map?: NameSettings;
    /** `~/.ofmipd/rules.cdb` of users whose home is known. */
    readonly users: boolean;
  };
  readonly senders: { readonly policy: 'any' | 'known' | 'own'; readonly verp: boolean };
  readonly limits: LimitSettings;
  readonly timeouts: TimeoutSettings;
  /** Milliseconds for which a shutdown waits for messages in flight. */
  readonly shutdown: number;
  readonly log: { readonly format: 'json' | 'pretty'; readonly level: 'debug' | 'info' | 'warn' | 'error' };
}
