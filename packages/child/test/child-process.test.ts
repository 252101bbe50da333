import { createSpawner } from '../src/index.js';
import { childContract } from './contract.js';

childContract('child_process', () => createSpawner({ backend: 'child_process' }));
