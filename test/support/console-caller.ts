/** Calls the API of a gateway in this process as a script of somebody at its computer does. */
import { findPresence } from '../../src/console/presence.ts'

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects
  readonly body: any
}

export interface ConsoleCaller {
  /** Where the pages are. */
  readonly url: string
  get(path: string): Promise<ApiAnswer>
  post(path: string, body: unknown): Promise<ApiAnswer>
  put(path: string, body: unknown): Promise<ApiAnswer>
  remove(path: string): Promise<ApiAnswer>
}

/** @param dataFolder of a gateway that runs */
export function consoleCaller(dataFolder: string): ConsoleCaller {
  const presence = findPresence(dataFolder)
  if (!presence || presence === 'hidden') throw new Error('the gateway has not said where it listens')
  const url = `http://127.0.0.1:${presence.port}`
  const call = async (method: string, path: string, body?: unknown): Promise<ApiAnswer> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(method === 'GET' ? {} : { 'x-millrace': 'script' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json().catch(() => null) }
  }
  return {
    url,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    remove: (path) => call('DELETE', path),
  }
}
