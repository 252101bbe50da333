/** The sources of this repository as a graph of imports, read with the TypeScript parser. Nothing is executed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root: string = fileURLToPath(new URL('../../', import.meta.url));

export interface SourceImport {
  /** As written. */
  readonly specifier: string;
  /** The file it means, relative to the root; undefined for packages and node: modules. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the root, with slashes: `packages/core/src/base/reply.ts`. */
  readonly path: string;
  /** `core` */
  readonly package: string;
  /** `base`, or an empty string for a file directly in src. */
  readonly room: string;
  readonly imports: readonly SourceImport[];
  /** `export default` and `export *`, as written. */
  readonly wideExports: readonly string[];
}

const slashes = (path: string): string => path.split(sep).join('/');

export const packageNames: readonly string[] = readdirSync(join(root, 'packages'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(root, 'packages', entry.name, 'package.json')))
  .map((entry) => entry.name)
  .sort();

/** Every file in the src folders. */
export function readSources(): SourceFile[] {
  return packageNames.flatMap((name) =>
    listFiles(join(root, 'packages', name, 'src')).map((file) => readSource(slashes(relative(root, file)), name)),
  );
}

function listFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return /\.[cm]?ts$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function readSource(path: string, packageName: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: SourceImport[] = [];
  const wideExports: string[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    imports.push({ specifier, file: resolve(path, specifier), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      if (node.exportClause === undefined) wideExports.push(node.getText());
      if (node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
        add(node.moduleSpecifier.text, node.isTypeOnly);
      }
    } else if (ts.isExportAssignment(node) || isDefaultExport(node)) {
      wideExports.push(node.getText().slice(0, 40));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isStringLiteral(argument)) add(argument.text, false);
    } else if (ts.isNewExpression(node) && node.expression.getText() === 'URL') {
      // A worker or helper that is started by its file.
      const [argument] = node.arguments ?? [];
      if (argument !== undefined && ts.isStringLiteral(argument) && /^\.\/.*\.js$/.test(argument.text))
        add(argument.text, false);
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      add(node.argument.literal.text, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const [, , , ...below] = path.split('/');
  return { path, package: packageName, room: below.length > 1 ? (below[0] ?? '') : '', imports, wideExports };
}

const isDefaultExport = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);

/** `./reply.js` to `reply.ts`, `@postern/core` to its index.ts. */
function resolve(from: string, specifier: string): string | undefined {
  const own = /^@postern\/([a-z0-9-]+)(?:\/(.+))?$/.exec(specifier);
  let target: string;
  if (own !== null) target = `packages/${own[1] ?? ''}/src/${own[2] === undefined ? 'index' : `${own[2]}/index`}.ts`;
  else if (specifier.startsWith('.'))
    target = slashes(normalize(join(dirname(from), specifier))).replace(/\.js$/, '.ts');
  else return undefined;
  return existsSync(join(root, target)) ? target : undefined;
}

/** The files of a package that its package.json or its build names: where a reader comes in. */
export function entryPoints(packageName: string): string[] {
  const folder = `packages/${packageName}`;
  const build = join(root, folder, 'tsup.config.ts');
  const named = existsSync(build) ? (readFileSync(build, 'utf8').match(/src\/[\w/-]+\.ts/g) ?? []) : [];
  return [...new Set([`${folder}/src/index.ts`, ...named.map((path) => `${folder}/${path}`)])].filter((path) =>
    existsSync(join(root, path)),
  );
}

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export const readManifest = (packageName: string): Manifest =>
  JSON.parse(readFileSync(join(root, 'packages', packageName, 'package.json'), 'utf8')) as Manifest;

/** The first circle found for every file that lies on one, as `a -> b -> a`. */
export function importCircles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const seen = trail.indexOf(path);
    if (seen >= 0) {
      circles.push([...trail.slice(seen), path].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const { file } of byPath.get(path)?.imports ?? []) if (file !== undefined) walk(file, [...trail, path]);
    done.add(path);
  };
  for (const file of files) walk(file.path, []);
  return circles;
}
