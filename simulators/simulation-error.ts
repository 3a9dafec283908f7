/** Something that keeps a scenario from being played, and no mistake in this program: shown without a stack, exit code 1. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
}

/**
 * A port that could not be opened, and what to do about it.
 * @param who whose port it is: a machine's code, or the remote control
 * @param key what chooses the port, as its reader writes it: `port:`, `--control-port`
 */
export function portNotOpened(
  who: string,
  { host, port, key }: { readonly host: string; readonly port: number; readonly key: string },
  cause: unknown,
): SimulationError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
  const remedy = REMEDIES[code]?.(key) ?? code
  return new SimulationError(`${who} cannot listen on ${host}:${port}: ${remedy}`, { cause })
}

const REMEDIES: Readonly<Record<string, (key: string) => string>> = {
  EADDRINUSE: (key) => `another program has that port\nend it, or choose another ${key} (0: any free one)`,
  EACCES: (key) => `this user may not open ports below 1024\nchoose a higher ${key}, such as 1502`,
  EADDRNOTAVAIL: () => UNKNOWN_HOST,
  ENOTFOUND: () => UNKNOWN_HOST,
}

const UNKNOWN_HOST =
  'this computer has no such address\nwrite 127.0.0.1 as host: for this computer alone, or 0.0.0.0 for its network'
