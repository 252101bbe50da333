import { library } from '../../scripts/tsup-library.js';

export default library();
