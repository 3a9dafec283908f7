/** Prometheus's own tools, out of Debian's package `prometheus`: whoever has them has a second opinion. */
import { existsSync } from 'node:fs'

const find = (name: string) =>
  ['/usr/bin', '/usr/local/bin'].map((folder) => `${folder}/${name}`).find((path) => existsSync(path))

/** Where the program is; undefined where the package is not installed. */
export const promtool = find('promtool')
export const prometheus = find('prometheus')
