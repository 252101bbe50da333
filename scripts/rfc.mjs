// Writes docs/rfc.md: what this project does of each standard, and where the code says that it obeys it.
// `--check` only tells whether the file is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = path.join(root, 'docs', 'rfc.md');
const standards = JSON.parse(readFileSync(path.join(root, 'docs', 'rfc.json'), 'utf8'));

const sources = readdirSync(path.join(root, 'packages'))
  .flatMap((name) => {
    const directory = path.join(root, 'packages', name, 'src');
    try {
      return readdirSync(directory, { recursive: true, withFileTypes: true });
    } catch {
      return [];
    }
  })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
  .sort();

const citations = new Map();
for (const file of sources) {
  for (const [, number, section] of readFileSync(file, 'utf8').matchAll(/RFC (\d+)(?: §([\d.]*\d))?/g)) {
    const sections = citations.get(number) ?? new Map();
    const key = section ?? '';
    sections.set(key, (sections.get(key) ?? new Set()).add(path.relative(path.join(root, 'packages'), file)));
    citations.set(number, sections);
  }
}

const unknown = [...citations.keys()].filter((number) => !(number in standards));
if (unknown.length > 0) {
  console.error(
    `docs/rfc.json says nothing about RFC ${unknown.join(', ')}: add title, done (yes, partly, no) and notes`,
  );
  process.exit(1);
}

const bySection = ([a], [b]) => a.localeCompare(b, 'en', { numeric: true });
const lines = [
  '# Standards',
  '',
  'Made by `node scripts/rfc.mjs` from docs/rfc.json and from the citations in the code.',
  '',
];
for (const [number, { title, done, notes }] of Object.entries(standards).sort(([a], [b]) => Number(a) - Number(b))) {
  lines.push(`## RFC ${number}: ${title}`, '', `${{ yes: 'Yes', partly: 'Partly', no: 'No' }[done]}. ${notes}`, '');
  const sections = [...(citations.get(number) ?? [])].sort(bySection);
  for (const [section, files] of sections) {
    lines.push(
      `- ${section === '' ? 'in general' : `§${section}`}: ${[...files].map((file) => `\`${file}\``).join(', ')}`,
    );
  }
  if (sections.length > 0) lines.push('');
}
const text = `${lines.join('\n').trimEnd()}\n`;

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('docs/rfc.md is not up to date: run node scripts/rfc.mjs');
    process.exit(1);
  }
} else writeFileSync(target, text);
