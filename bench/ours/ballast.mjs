/** So many megabytes that are only held: `--import 'ballast.mjs?megabytes=320'`. Is a large process as quick as a small one? */
const megabytes = Number(new URL(import.meta.url).searchParams.get('megabytes'));

export const held = Buffer.alloc(megabytes * 2 ** 20, 1);
