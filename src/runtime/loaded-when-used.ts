/**
 * Libraries that only some gateways use, and that whoever asks wants at once: `import()` would make everything asynchronous that asks
 * them. What a library keeps in memory, its own text and its tables, a gateway that never asks does not have.
 */
import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

/**
 * @param name of the package, or of a file in it
 * @returns gives the library; its first call loads it
 */
export function loadedWhenUsed<Library>(name: string): () => Library {
  let loaded: Library | undefined
  return () => {
    loaded ??= load(name) as Library
    return loaded
  }
}
