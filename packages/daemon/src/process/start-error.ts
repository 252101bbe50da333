/** What keeps the daemon from starting and is nobody's spelling mistake: a port in use, a right it lacks. Exit 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
