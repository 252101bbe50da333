/** Options in, tables out. */

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

/** A table in Markdown. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `--name=value`, of the type that the default has. */
export function readOptions(words, defaults) {
  const options = { ...defaults };
  for (const word of words) {
    const match = /^--([a-z]+)=(.*)$/.exec(word);
    if (match === null || !(match[1] in defaults)) {
      const known = Object.keys(defaults).map((name) => `--${name}=`);
      console.error(`bench/wire.mjs: ${word}: found an unknown option; allowed: ${known.join(', ')}`);
      process.exit(2);
    }
    options[match[1]] = typeof defaults[match[1]] === 'number' ? Number(match[2]) : match[2];
  }
  return options;
}
