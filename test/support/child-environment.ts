/**
 * What a process that a test starts gets of the environment: none of the settings of whoever runs the tests, and the code that
 * others have compiled, since starting all of Tandem is mostly that.
 */
export const childEnvironment = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};
