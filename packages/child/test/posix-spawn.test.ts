import { describe, expect, it } from 'vitest';
import { backend, chooseBackend, createSpawner } from '../src/index.js';
import { childContract } from './contract.js';

describe('on this machine', () => {
  it('programs are started by posix_spawn', () => {
    expect(chooseBackend()).toEqual({ backend: 'posix_spawn' });
    expect(backend).toBe('posix_spawn');
  });
});

childContract('posix_spawn', () => createSpawner({ backend: 'posix_spawn', threads: 'loop' }));
