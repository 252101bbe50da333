import { library } from '../../scripts/tsup-library.js';

export default library({
  index: 'src/index.ts',
  'smtp-server': 'src/smtp-server/index.ts',
  contract: 'src/contract/index.ts',
});
