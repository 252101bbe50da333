import { createSpawner } from '../src/index.js';
import { childContract } from './contract.js';

childContract('posix_spawn on the pool', () => createSpawner({ backend: 'posix_spawn', threads: 'pool' }));
