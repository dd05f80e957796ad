/** Whether this is the soak (`npm run soak`), which takes everything at its full size. */
export const isSoak = process.env.TRUST === 'all';

/** How many of something a test takes: as few as show it in the test command, as many as were promised in the soak. */
export const sized = (command: number, soak: number): number => (isSoak ? soak : command);
