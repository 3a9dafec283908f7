/** Which files belong to the gateway itself: no device may be given what stands in them. */
import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { isRecord } from '../documents/draft.ts'
import type { GatewayFiles } from '../maps/edit/site-files.ts'

/** As a configuration calls those that it names: `passwordFile`, `keyFile`. */
const NAMES_A_FILE = /File$/

export function gatewayFiles(config: Config, cwd: string): GatewayFiles {
  const { file, dataFolder, routesFolder } = config
  return { files: [resolve(cwd, file), ...filesOf(config)], dataFolder, routesFolder }
}

function filesOf(settings: object): readonly string[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    if (isRecord(value)) return filesOf(value)
    return NAMES_A_FILE.test(key) && typeof value === 'string' ? [value] : []
  })
}
