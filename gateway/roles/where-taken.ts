import { ConfigError } from '../config.js';

/** Turns "address in use" into a sentence that says which setting to change. */
export async function whereTaken<T>(
  { what, variable, host }: { what: string; variable: string; host: string },
  start: () => Promise<T>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new ConfigError(`${what} of ${host} is taken: stop what uses it, or set ${variable} to another`);
    }
    if (code === 'EACCES') throw new ConfigError(`${what} may not be opened by this user: set ${variable} above 1023`);
    if (code === 'EADDRNOTAVAIL') throw new ConfigError(`this machine has no address ${host}: mend ROOMLINE_HOST`);
    throw error;
  }
}
