/** How often this process holds a device open. */
import { readdir, readlink, realpath } from 'node:fs/promises'

export async function holdersOfLink(link: string): Promise<number> {
  const device = await realpath(link)
  const files = await readdir('/proc/self/fd')
  const targets = await Promise.all(files.map((file) => readlink(`/proc/self/fd/${file}`).catch(() => '')))
  return targets.filter((target) => target === device).length
}
