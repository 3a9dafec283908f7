/** In a damaged file any read may fail. What fails counts as unreadable, and the search goes on. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
