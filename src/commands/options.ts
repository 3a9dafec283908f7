/** Options that several commands share. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Where the configuration is looked for unless `--config` says otherwise. */
const DEFAULT_CONFIG = 'config/gateway.yaml'
/** Where the packages of this program put it. */
const INSTALLED_CONFIG = '/etc/millrace/gateway.yaml'

/** For `parseArgs` of every command that reads the configuration. */
export const CONFIG_OPTION = { config: { type: 'string' } } as const

/**
 * The configuration that is meant, as an absolute path. Without `--config` it is looked for in the current folder and those
 * above it, so that commands work among the device maps too, and then where an installed gateway has it.
 */
export function configFile(values: { readonly config?: string | undefined }, cwd: string): string {
  if (values.config !== undefined) return resolve(cwd, values.config)
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = resolve(folder, DEFAULT_CONFIG)
    if (existsSync(file)) return file
    if (folder === dirname(folder))
      return existsSync(INSTALLED_CONFIG) ? INSTALLED_CONFIG : resolve(cwd, DEFAULT_CONFIG)
  }
}
