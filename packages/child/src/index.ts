/**
 * @postern/child: run a program, at a cost that does not grow with our own memory.
 *
 * The public names, and the one spawner that most callers need.
 */
import { chooseBackend, createSpawner } from './spawner.js';
import type { Backend, ProgramSpec, Running, RunResult } from './program.js';

export type { Backend, ChildWriter, Exit, FdSource, ProgramSpec, Running, RunResult, Spawner } from './program.js';
export type { SpawnerOptions } from './spawner.js';
export { chooseBackend, createSpawner };

const spawner = createSpawner();

/** How `start` and `run` start programs here. */
export const backend: Backend = spawner.backend;

/** Starts a program; see `Spawner.start`. */
export const start = (spec: ProgramSpec): Running => spawner.start(spec);

/** Starts a program and waits for its end. */
export const run = (spec: ProgramSpec): Promise<RunResult> => spawner.run(spec);
