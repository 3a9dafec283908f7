/** A gateway's folder whose device maps come from elsewhere, and one look at a time for a newer release. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadConfig } from '../../src/config/load-config.ts'
import type { ConfigurationHealth, Health } from '../../src/domain/health.ts'
import { gatewayFiles } from '../../src/gateway/own-files.ts'
import { createReleaseFollower } from '../../src/releases/follow-releases.ts'
import { judgeRelease } from '../../src/releases/judging/judge-release.ts'
import { releaseFolders } from '../../src/releases/settings.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { recordingLog, testFolder } from './buffer.ts'

/** The files of a release, by their paths. */
export type ReleaseTexts = Readonly<Record<string, string>>

export interface ReleaseSite {
  readonly folder: string
  readonly dataFolder: string
  /** Everything that the log has said, as text. */
  readonly logText: () => string
  /** One look at the place of this section, written as YAML. */
  look(configuration: string): Promise<Health<ConfigurationHealth>>
  /** The same follower again and again, as in one life of the gateway. */
  looks(configuration: string): () => Promise<Health<ConfigurationHealth>>
  /** What the maps in force say, by the names of their files. */
  maps(): ReleaseTexts
  /** Names in the folder of releases. */
  kept(): readonly string[]
}

/** A sound map of a machine. @param register what it reads: two versions differ in it */
export function releasedMap(machine: string, register = 40_101): string {
  return `machine: ${machine}
device: {driver: modbus-tcp, host: 127.0.0.1, port: 1502}
signals: {state: {at: ${register}, type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`
}

/** @param between what puts a release in force, in place of doing just that */
export function releaseSite(
  between: (change: () => Promise<void>) => Promise<void> = (change) => change(),
): ReleaseSite {
  const folder = testFolder()
  const { log, lines } = recordingLog()
  const dataFolder = join(folder, 'data')
  mkdirSync(dataFolder)
  const looks = (configuration: string) => {
    const config = loadConfig({ file: writeConfig(folder, configuration), env: {}, cwd: folder })
    if (config.configuration === null) throw new Error('nothing is to be looked at')
    let stop = new AbortController()
    const own = gatewayFiles(config, folder)
    const follower = createReleaseFollower({
      settings: config.configuration,
      ...{ gateway: config.gateway, dataFolder, log },
      judge: async (release) => judgeRelease(release, { dataFolder, own }),
      between,
      // It sleeps between two looks.
      clock: { ...systemClock, sleep: async () => stop.abort() },
      onReload: () => () => undefined,
    })
    return async () => {
      stop = new AbortController()
      await follower.run(stop.signal)
      return follower.health()
    }
  }
  return {
    ...{ folder, dataFolder, looks },
    logText: () => JSON.stringify(lines),
    look: (configuration) => looks(configuration)(),
    maps: () => textsIn(releaseFolders(dataFolder).devices),
    kept: () => readdirSync(join(dataFolder, 'releases')).sort(),
  }
}

function writeConfig(folder: string, configuration: string): string {
  const file = join(folder, 'gateway.yaml')
  writeFileSync(
    file,
    `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
data: data
central: {url: "postgres://millrace@127.0.0.1:1/mes", tls: off}
configuration: ${configuration}
`,
  )
  return file
}

/** Writes files below a folder. */
export function writeTexts(folder: string, texts: ReleaseTexts): void {
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

function textsIn(folder: string): ReleaseTexts {
  try {
    const names = readdirSync(folder).filter((name) => name.includes('.'))
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  } catch {
    // None has come into force yet.
    return {}
  }
}

/** The codes of what is wrong. */
export function codesOf({ troubles }: Health): readonly string[] {
  return troubles.map(({ code }) => code)
}
