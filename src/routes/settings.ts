/** What routes out of files are called: their cursors in the local log, their streams, troubles and files, and their secrets. */
import { z } from 'zod'

/** Names that would be taken for another part of the gateway, in the codes of troubles and in the log. */
const RESERVED = [
  'central',
  'buffer',
  'config',
  'device',
  'gateway',
  'machine',
  'map',
  'masterdata',
  'part',
  'plant',
  'route',
  'scanner',
]
const NAME_MAX = 60
/** Codes of troubles are made of it, and names of files, which not every system keeps apart by their capitals. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** The key `route:`. */
export const routeNameKey = z
  .string()
  .max(NAME_MAX)
  .regex(NAME, { error: 'small letters and digits, with hyphens between them, such as operation-timestamps' })
  .refine((name) => !RESERVED.includes(name), { error: 'this name is taken by a part of the gateway itself' })
  .describe(
    "Unique among the routes: names the route's position in the local log. Another name is another route.",
  )

/** Variables of the environment that hold secrets of routes begin with it. */
export const ROUTE_VARIABLES = 'MILLRACE_ROUTE_'

/** `operation-timestamps` and `to.password` → `MILLRACE_ROUTE_OPERATION_TIMESTAMPS_PASSWORD`: the key of its kind is left out. */
export function routeVariable(name: string, [, ...inside]: readonly (string | number)[]): string {
  return `${ROUTE_VARIABLES}${[name, ...inside].join('_').replaceAll('-', '_').toUpperCase()}`
}
