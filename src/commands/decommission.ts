/** `millrace decommission`: takes a gateway out of service for good, and leaves nothing of it on this computer that anybody could use. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { namedFiles } from '../backup/named-files.ts'
import { InstanceLocked, lockInstance } from '../buffer/instance-lock.ts'
import { openLogReader } from '../buffer/log-reader.ts'
import type { Config } from '../config/config.ts'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { type Wiped, wipeFolder } from '../decommission/wipe.ts'
import { StoreError } from '../domain/errors.ts'
import { openSite } from './buffer/site.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { counted } from './counted.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

const DONE = 0
const NOT_DONE = 1
/** Held while everything else goes. */
const LOCK = 'lock'

export const decommissionCommand: Command = {
  name: 'decommission',
  summary:
    'takes this gateway out of service for good: wipes its log, keys, passwords and users from this computer',
  usage: `millrace decommission [--yes GATEWAY] [--with-maps] [--config config/gateway.yaml]
    with the gateway stopped; says what is unsent, and asks for the name of the gateway before it wipes the data folder
    --yes: the name, for a script
    --with-maps: device maps and routes as well
    make a backup first if the gateway is to go on elsewhere: millrace backup FILE`,
  exits: ['0 wiped', '1 not wiped, or not everything'],
  example: 'millrace decommission --yes edge-1',
  page: 'docs/operate.md',
  run: decommission,
}

async function decommission(context: CommandContext): Promise<number> {
  const { args, env, cwd, out, err } = context
  const options = { ...CONFIG_OPTION, yes: { type: 'string' }, 'with-maps': { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...args], options })
  const file = configFile(values, cwd)
  const config = loadConfigWithoutSecrets({ file, env, cwd })
  const { dataFolder, gateway } = config
  if (!existsSync(dataFolder)) throw new UsageError(`there is no ${dataFolder}: nothing is left to wipe`)
  try {
    using _lock = lockInstance(dataFolder)
    out(unsentText(file, context))
    const outside = passwordsOutside(config, file, cwd)
    if (!(await isConfirmed(values.yes, gateway, context))) {
      err('nothing was wiped\n')
      return NOT_DONE
    }
    const folders = values['with-maps'] ? [config.devicesFolder, config.routesFolder] : []
    const wiped = [
      { folder: dataFolder, ...wipeFolder(dataFolder, (name) => name === LOCK) },
      ...folders.map((folder) => ({ folder, ...wipeFolder(folder) })),
    ]
    out(wipedText(wiped, config))
    // One that lay among the maps went with them.
    for (const { file: path } of outside)
      if (existsSync(path)) out(`stays, and is yours to remove: ${path}\n`)
    const failures = wiped.flatMap((one) => one.failures)
    for (const failure of failures) err(`not wiped: ${failure}\n`)
    return failures.length === 0 ? DONE : NOT_DONE
  } catch (error) {
    if (!(error instanceof InstanceLocked)) throw error
    err(`the gateway is running on ${dataFolder}; stop it first, and keep it from being started again\n`)
    return NOT_DONE
  }
}

/** What goes with the log, of each route that must have it. */
function unsentText(file: string, context: CommandContext): string {
  const { outbox, routes, held } = openSite({ config: file }, context)
  if (!existsSync(outbox.file)) return 'there is no log, and so nothing unsent\n'
  try {
    using log = openLogReader(outbox.file)
    const { first, last } = log.kept()
    const waiting = [...routes, ...held]
      .filter(({ must }) => must === 'deliver')
      .flatMap(({ name }) => {
        const count = last - Math.max(log.acknowledged(name), first - 1)
        return count > 0
          ? [`${counted(count, 'event')} for ${name} unsent: wiped, no one ever gets them\n`]
          : []
      })
    return waiting.length > 0 ? waiting.join('') : 'everything was sent\n'
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return `what is unsent is not known: ${error.message}\n`
  }
}

async function isConfirmed(
  given: string | undefined,
  gateway: string,
  { askSecret }: CommandContext,
): Promise<boolean> {
  const typed = given ?? (await askSecret?.(`type the name of the gateway (${gateway}) to wipe it, unseen: `))
  return typed?.trim() === gateway
}

function passwordsOutside(config: Config, file: string, cwd: string) {
  const within = `${resolve(config.dataFolder)}/`
  return namedFiles(file, config, cwd).filter(
    (named) => named.isSecret && !named.file.startsWith(within) && existsSync(named.file),
  )
}

function wipedText(
  wiped: readonly (Wiped & { readonly folder: string })[],
  { organization, central }: Config,
): string {
  const folders = wiped.map(
    ({ folder, files, bytes }) =>
      `${counted(files, 'file')} with ${counted(bytes, 'byte')} were overwritten once and removed from ${folder}\n`,
  )
  return `${folders.join('')}flash (SD card, eMMC, SSD) and file systems that copy on write may keep what was there: where that matters, destroy
the card, or use an encrypted disk and destroy its key
have the DBA shut the login out, elsewhere: millrace central sql --revoke --organization ${organization} --role ${central.connection.user}
`
}
