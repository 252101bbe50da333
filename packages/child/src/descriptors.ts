/**
 * From the descriptors of a spec to open ones: makes the pipes, keeps our ends, and says which of ours goes where in the
 * child. Knows nothing of how programs are started, nor when they end.
 */
import { closeSync } from 'node:fs';
import { createCollector } from './collector.js';
import type { Collector } from './collector.js';
import { PIPE_BUF } from './launcher.js';
import type { Launcher } from './launcher.js';
import { nullDevice } from './null-device.js';
import type { FdSource, ProgramSpec } from './program.js';
import { createWriter } from './writer.js';
import type { PipeWriter } from './writer.js';

export interface Descriptors {
  /** Descriptor in the child -> descriptor of ours. */
  readonly map: ReadonlyMap<number, number>;
  readonly writers: ReadonlyMap<number, PipeWriter>;
  readonly collectors: ReadonlyMap<number, Collector>;
  /** The child has its copies: closes ours of its ends. */
  readonly handedOver: () => void;
}

// Far above anything that a program agrees on with its caller, and below every limit of open files.
const HIGHEST = 255;

/** Opens everything, or nothing. @throws StartFault @throws TypeError for a spec that can never be right. */
export function openDescriptors(launcher: Launcher, spec: ProgramSpec): Descriptors {
  const { fds } = spec;
  const map = new Map<number, number>();
  const writers = new Map<number, PipeWriter>();
  const collectors = new Map<number, Collector>();
  const theirs: number[] = [];
  const handedOver = (): void => {
    for (const fd of theirs.splice(0)) closeSync(fd);
  };

  function open(fd: number, source: FdSource): void {
    if (source.kind === 'inherit') {
      map.set(fd, source.fd);
    } else if (source.kind === 'input' && source.bytes.length <= PIPE_BUF) {
      const end = launcher.filledPipe(source.bytes);
      theirs.push(end);
      map.set(fd, end);
    } else if (source.kind !== 'same-as') {
      const pipe = launcher.pipe(source.kind === 'output' ? 'writes' : 'reads');
      theirs.push(pipe.theirs);
      map.set(fd, pipe.theirs);
      if (source.kind === 'output') {
        collectors.set(fd, createCollector(pipe.ours, source.limit));
        return;
      }
      const writer = createWriter(pipe.ours);
      writers.set(fd, writer);
      if (source.kind === 'input') writer.end(source.bytes);
    }
  }

  try {
    for (const key in fds) {
      const fd = Number(key);
      open(fd, checkedSource(fds, fd));
    }
    for (const key in fds) {
      const source = fds[key];
      if (source?.kind === 'same-as') map.set(Number(key), map.get(source.fd) ?? -1);
    }
    for (let fd = 0; fd <= 2; fd++) if (!map.has(fd)) map.set(fd, nullDevice());
  } catch (error) {
    handedOver();
    for (const writer of writers.values()) writer.abort();
    for (const collector of collectors.values()) collector.finish();
    throw error;
  }
  return { map, writers, collectors, handedOver };
}

function checkedSource(fds: ProgramSpec['fds'], fd: number): FdSource {
  const source = fds[fd];
  if (!Number.isInteger(fd) || fd < 0 || fd > HIGHEST || source === undefined) {
    throw new TypeError(`descriptor ${fd}: not 0 to ${HIGHEST}`);
  }
  if (source.kind === 'same-as') {
    const other = fds[source.fd];
    if (other === undefined || other.kind === 'same-as') {
      throw new TypeError(`descriptor ${fd}: same-as ${source.fd}, which is not a source of its own`);
    }
  }
  return source;
}
