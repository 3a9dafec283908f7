/** Where the device maps and routes of this gateway come from: the folders of its configuration, or releases from elsewhere. */
import { relative } from 'node:path'
import type { Config } from '../config/config.ts'
import type { MapFollower } from '../maps/follow-maps.ts'
import { createReleaseFollower, type ReleaseFollower } from '../releases/follow-releases.ts'
import { judgeInThread } from '../releases/judging/judging-thread.ts'
import { gatewayFiles } from './own-files.ts'
import type { World } from './world.ts'

/** Where files hold there is nothing to follow, and only said where they are. */
export function releasesFor(
  config: Config,
  { clock, log, cwd, onReload }: World,
  maps: Pick<MapFollower, 'between'>,
): ReleaseFollower {
  const { configuration: settings, dataFolder, gateway } = config
  if (settings === null) return filesOf(relative(cwd, config.devicesFolder) || '.')
  const judging = { dataFolder, own: gatewayFiles(config, cwd) }
  return createReleaseFollower({
    ...{ settings, gateway, dataFolder, clock, log, onReload },
    judge: (release, signal) => judgeInThread(release, judging, { clock, signal }),
    between: (change) => maps.between(change),
  })
}

function filesOf(from: string): ReleaseFollower {
  const summary = {
    kind: 'files',
    from,
    release: null,
    signer: null,
    sinceMs: null,
    checkedAtMs: null,
  } as const
  return {
    name: 'releases',
    run: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      }),
    health: () => ({ summary, troubles: [] }),
  }
}
