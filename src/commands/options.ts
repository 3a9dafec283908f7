/** Options that several commands share. */
import { resolve } from 'node:path'

/** Where the configuration is looked for unless `--config` says otherwise. */
const DEFAULT_CONFIG = 'config/gateway.yaml'

/** For `parseArgs` of every command that reads the configuration. */
export const CONFIG_OPTION = { config: { type: 'string' } } as const

/** The configuration that is meant, as an absolute path. */
export function configFile(values: { readonly config?: string | undefined }, cwd: string): string {
  return resolve(cwd, values.config ?? DEFAULT_CONFIG)
}
