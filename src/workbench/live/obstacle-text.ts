/** What keeps the rules of a machine from deciding, for people. */
import type { LivePicture } from './live-map.ts'

export function obstacleText({
  why,
  signal,
  device,
  detail,
}: NonNullable<LivePicture['verdict']['obstacle']>): string {
  const what = signal ?? device ?? 'the machine'
  return detail === null ? `${what} is ${why}` : `${what}: ${detail}`
}
