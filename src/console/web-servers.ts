/**
 * Node's servers for the web. They are taken by `require`, because `import` asks a module of Node for each of its names, and to answer
 * for some of those of `node:http` (`WebSocket` is one) Node loads a client for the web: 6 MB and 70 ms of processor time at each
 * start, for something that no gateway uses.
 */
import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

export const { createServer } = load('node:http') as typeof import('node:http')
export const { createServer: createSecureServer } = load('node:https') as typeof import('node:https')
