/** The plan of the house (docs/architecture.md), held by the imports of every source file. */
import { describe, expect, it } from 'vitest';
import { entryPoints, importCircles, packageNames, readManifest, readSources } from './support/source-graph.js';
import type { SourceFile, SourceImport } from './support/source-graph.js';

const sources = readSources();

/** What each room of core may import besides itself. The empty name is src itself: the assembly. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  ports: ['base'],
  auth: ['ports', 'base'],
  policy: ['ports', 'base'],
  message: ['ports', 'base'],
  queue: ['ports', 'base'],
  contract: ['ports', 'base'],
  session: ['auth', 'policy', 'message', 'ports', 'base'],
  wire: ['session', 'message', 'ports', 'base'],
  'smtp-server': ['session', 'message', 'ports', 'base'],
  '': ['session', 'wire', 'smtp-server', 'auth', 'policy', 'message', 'queue', 'ports', 'base'],
};

/** Modules of Node that a room must not know: sockets, files, processes. */
const SOCKETS = ['node:net', 'node:tls', 'node:http', 'node:https', 'node:dgram', 'node:http2'];
const FILES = ['node:fs', 'node:fs/promises'];
const PROCESSES = ['node:child_process', 'node:cluster', 'node:worker_threads', '@postern/child'];
const UNKNOWN_TO: Readonly<Record<string, readonly string[]>> = {
  base: [...SOCKETS, ...FILES, ...PROCESSES],
  ports: [...SOCKETS, ...FILES, ...PROCESSES],
  auth: [...SOCKETS, ...FILES, ...PROCESSES],
  policy: [...SOCKETS, ...FILES, ...PROCESSES],
  message: [...SOCKETS, ...FILES, ...PROCESSES],
  session: [...SOCKETS, ...FILES, ...PROCESSES],
  queue: SOCKETS,
  wire: [...FILES, ...PROCESSES],
  'smtp-server': [...FILES, ...PROCESSES],
};

const packageOf = (path: string): string => path.split('/')[1] ?? '';
const roomOf = (path: string): string => (path.split('/').length > 4 ? (path.split('/')[3] ?? '') : '');

/** `a.ts imports b.ts`, for every import that `wrong` is true of. */
function offences(files: readonly SourceFile[], wrong: (file: SourceFile, what: SourceImport) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((what) => wrong(file, what)).map((what) => `${file.path} imports ${what.specifier}`),
  );
}

describe('the rooms of core', () => {
  const core = sources.filter((file) => file.package === 'core');

  it('are the ones of the plan', () => {
    expect([...new Set(core.map((file) => file.room))].filter((room) => !(room in ROOMS))).toEqual([]);
  });

  it('import only what their rank allows', () => {
    const wrong = offences(core, (file, { file: target }) => {
      if (target === undefined || packageOf(target) !== 'core') return false;
      const room = roomOf(target);
      return room !== file.room && !(ROOMS[file.room] ?? []).includes(room);
    });
    expect(wrong).toEqual([]);
  });

  it('do not know what lies below them in the machine', () => {
    expect(
      offences(core, (file, { specifier, typeOnly }) => !typeOnly && (UNKNOWN_TO[file.room] ?? []).includes(specifier)),
    ).toEqual([]);
  });

  it('keep smtp-server in core/smtp-server', () => {
    const wrong = offences(sources, (file, { specifier }) => {
      const isEngine = specifier === 'smtp-server' || specifier.startsWith('smtp-server/');
      return isEngine && !(file.package === 'core' && file.room === 'smtp-server');
    });
    expect(wrong).toEqual([]);
  });
});

describe('the packages', () => {
  const rank = (name: string): number => {
    if (name === 'child' || name === 'testkit') return 0;
    if (name === 'core') return 1;
    return name === 'daemon' ? 3 : 2;
  };

  it('import only packages below them, never each other', () => {
    const wrong = offences(sources, (file, { file: target, specifier }) => {
      const other =
        /^@postern\/([a-z0-9-]+)/.exec(specifier)?.[1] ?? (target === undefined ? undefined : packageOf(target));
      return other !== undefined && other !== file.package && rank(other) >= rank(file.package);
    });
    expect(wrong).toEqual([]);
  });

  it('use the testkit in tests only', () => {
    expect(offences(sources, (_file, { specifier }) => specifier.startsWith('@postern/testkit'))).toEqual([]);
  });

  it('reach each other by name', () => {
    const wrong = offences(
      sources,
      (file, { specifier, file: target }) =>
        specifier.startsWith('.') && target !== undefined && packageOf(target) !== file.package,
    );
    expect(wrong).toEqual([]);
  });

  it.each(packageNames)('%s declares what it imports', (name) => {
    const manifest = readManifest(name);
    const declared = new Set(
      [manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies].flatMap((group) =>
        Object.keys(group ?? {}),
      ),
    );
    const own = sources.filter((file) => file.package === name);
    const wrong = offences(own, (_file, { specifier }) => {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) return false;
      const external = specifier.startsWith('@')
        ? specifier.split('/').slice(0, 2).join('/')
        : (specifier.split('/')[0] ?? '');
      return external !== manifest.name && !declared.has(external);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the files', () => {
  it('import in no circle', () => {
    expect(importCircles(sources)).toEqual([]);
  });

  it('are where their imports say', () => {
    expect(offences(sources, (_file, { specifier, file }) => specifier.startsWith('.') && file === undefined)).toEqual(
      [],
    );
  });

  it('are all reached from what their package offers', () => {
    const byPath = new Map(sources.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const walk = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const { file } of byPath.get(path)?.imports ?? []) if (file !== undefined) walk(file);
    };
    for (const name of packageNames) for (const entry of entryPoints(name)) walk(entry);
    expect(sources.map((file) => file.path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('are named after one idea', () => {
    const names = sources.map((file) => file.path.split('/').pop() ?? '');
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.[cm]?ts$/.test(name))).toEqual([]);
    expect(names.filter((name) => /^(utils?|types|helpers?|common|misc|shared)\./.test(name))).toEqual([]);
  });

  it('export by name, one by one', () => {
    expect(sources.flatMap((file) => file.wideExports.map((what) => `${file.path}: ${what}`))).toEqual([]);
  });
});

describe('the tests of the plan', () => {
  // A test that cannot fail is worse than none: these graphs are wrong on purpose.
  const file = (path: string, ...imports: string[]): SourceFile => ({
    path,
    package: 'core',
    room: '',
    imports: imports.map((target) => ({ specifier: target, file: target, typeOnly: false })),
    wideExports: [],
  });

  it('find a circle', () => {
    expect(importCircles([file('a', 'b'), file('b', 'c'), file('c', 'b')])).toEqual(['b -> c -> b']);
    expect(importCircles([file('a', 'b', 'c'), file('b', 'c'), file('c')])).toEqual([]);
  });

  it('see every package and the imports of every form', () => {
    expect(packageNames).toEqual(expect.arrayContaining(['child', 'core', 'daemon', 'testkit']));
    const ca = sources.find((source) => source.path === 'packages/testkit/src/ca.ts');
    expect(ca?.imports.map((what) => [what.specifier, what.typeOnly])).toEqual(
      expect.arrayContaining([
        ['node:crypto', false],
        ['@peculiar/x509', true],
        ['@peculiar/x509', false],
        ['./temp.js', false],
      ]),
    );
  });
});
