/** docs/configuration.md is held to the schema, its defaults to what the packages do, and the example to both. */
import { limitSettings, listenSettings, messageSettings, timeoutSettings } from '@postern/core';
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { buildConfiguration, parseDuration, parseSize } from '../src/index.js';
import { camel } from '../src/config/configuration-error.js';
import { fileSchema } from '../src/config/schema.js';

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

interface Row {
  readonly section: string;
  readonly key: string;
  /** As it is written: a value in backquotes, or words. */
  readonly fallback: string;
}

/** Every row of every table below a heading that names a section. */
function documented(): Row[] {
  const rows: Row[] = [];
  let section = '';
  for (const line of read('docs/configuration.md').split('\n')) {
    if (line.startsWith('## ')) section = /\[+([\w.]+)\]+/.exec(line)?.[1] ?? '';
    const [, key, , fallback] = /^\| `([\w-]+)` \| (.*?) \| (.*?) \| .+ \|$/.exec(line) ?? [];
    if (key !== undefined && fallback !== undefined) rows.push({ section, key, fallback });
  }
  return rows;
}

interface Node {
  readonly def: {
    readonly type: string;
    readonly innerType?: Node;
    readonly defaultValue?: unknown;
    readonly element?: Node;
    readonly in?: Node;
  };
  readonly shape?: Readonly<Record<string, Node>>;
}

/** Every key of the schema, with the default that the schema itself gives. */
function keysOf(node: Node, section = ''): { section: string; key: string; fallback: unknown }[] {
  return Object.entries(bare(node).shape ?? {}).flatMap(([key, member]) => {
    const below = section === '' ? key : `${section}.${key}`;
    const inside = bare(member);
    const nested = keysOf(
      inside.def.type === 'array' && inside.def.element !== undefined ? inside.def.element : inside,
      below,
    );
    const isSection = section === '' && nested.length > 0;
    return [...(isSection ? [] : [{ section, key, fallback: fallbackOf(member) }]), ...nested];
  });
}

const bare = (node: Node): Node =>
  ['optional', 'default', 'prefault'].includes(node.def.type) && node.def.innerType !== undefined
    ? bare(node.def.innerType)
    : node;

const fallbackOf = (node: Node): unknown => (node.def.type === 'default' ? node.def.defaultValue : undefined);

const core: Readonly<Record<string, Node>> = {
  limits: limitSettings,
  timeouts: timeoutSettings,
  message: messageSettings,
  listen: listenSettings,
};

const written = keysOf(fileSchema);
const name = ({ section, key }: { section: string; key: string }): string => `${section} ${key}`;

describe('docs/configuration.md', () => {
  it('names every key that there is, and no other', () => {
    expect(documented().map(name).sort()).toEqual(written.map(name).sort());
    expect(written.length).toBeGreaterThanOrEqual(60);
  });

  it.each(written.map((row) => [name(row), row] as const))(
    'gives the right default: %s',
    (_name, { section, key, fallback }) => {
      const own = core[section]?.shape?.[camel(key)];
      const expected = fallback ?? (own === undefined ? undefined : fallbackOf(own));
      const text = documented().find((row) => row.section === section && row.key === key)?.fallback ?? '';
      const value = /^`([^`]+)`$/.exec(text)?.[1];
      // Said in words, because it depends on something: other keys, control files, the verifiers.
      const inWords =
        value === undefined ||
        value.startsWith('control/') ||
        value === 'address:port' ||
        (section === 'queue' && key === 'use');
      if (inWords) {
        if (section !== 'listen' || key !== 'require-tls') expect(expected).toBeUndefined();
        return;
      }
      const parsed = parse(`x = ${value}`)['x'];
      if (typeof expected === 'number') expect(parseDuration(parsed) ?? parseSize(parsed)).toBe(expected);
      else expect(parsed).toEqual(expected);
    },
  );
});

describe('the schema', () => {
  it.each(['limits', 'timeouts', 'message', 'listen'])('can say everything that core takes: [%s]', (section) => {
    const there = new Set(written.filter((row) => row.section === section).map((row) => camel(row.key)));
    // The size limit of a message is limits.message-size, for both.
    const wanted = Object.keys(core[section]?.shape ?? {}).filter((key) => key !== 'sizeLimit');
    expect(wanted.filter((key) => !there.has(key))).toEqual([]);
  });
});

describe('examples/posternd.toml', () => {
  const context = { file: 'posternd.toml', directory: '/etc', environment: {} };
  const text = read('examples/posternd.toml');

  it('is right', () => {
    expect(buildConfiguration(parse(text), context)).toMatchObject({
      hostname: 'mail.example.com',
      limits: { messageSize: 25_000_000 },
    });
  });

  it('is right with everything that it leaves out', () => {
    // Lines that are commented out have no space behind the sign; remarks do.
    const all = buildConfiguration(parse(text.replace(/^#(?=[a-z[])/gm, '')), context);
    expect(all.listen).toHaveLength(3);
    expect(all.tls?.pairs).toHaveLength(2);
  });
});
