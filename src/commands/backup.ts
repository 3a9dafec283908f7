/** `millrace backup`: what makes this gateway what it is, in one file; beside a gateway that runs, too. */
import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeBackup } from '../backup/backup-file.ts'
import { BackupRefused } from '../backup/backup-refused.ts'
import { collect, streamOf } from '../backup/collect.ts'
import { systemClock } from '../runtime/clock.ts'
import { replaceFileSync } from '../runtime/files.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { counted } from './counted.ts'
import { readGateway } from './gateway-user.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { newPassphrase, PASSPHRASE_OPTION } from './passphrase.ts'
import { readVersion } from './version.ts'

const OPTIONS = { ...CONFIG_OPTION, ...PASSPHRASE_OPTION, open: { type: 'boolean' } } as const
/** Only whoever made it may read it. */
const PRIVATE = 0o600

export const backupCommand: Command = {
  name: 'backup',
  summary: 'writes the configuration, maps, keys and users of this gateway into one file',
  usage: `millrace backup FILE [--passphrase-file FILE | --open] [--config config/gateway.yaml]
    the passphrase is asked for, or the first line of that file or of standard input
    --open: without a passphrase, and then without passwords and private keys
    the gateway may run meanwhile; events are never in it: what was not pushed yet is in the data folder alone`,
  exits: ['0 written', '1 not written', '2 the configuration has faults'],
  example: 'millrace backup /mnt/usb/edge-1.backup',
  page: 'docs/operate.md',
  async run(context) {
    const { args, cwd, out, err } = context
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    const [name, ...more] = positionals
    if (name === undefined || more.length > 0) throw new UsageError('name one file')
    const target = resolve(cwd, name)
    if (existsSync(target))
      throw new BackupRefused(
        `${name} is there already`,
        'choose another name: a backup never replaces another',
      )
    const source = configFile(values, cwd)
    const gateway = readGateway(source, context)
    const passphrase = values.open ? undefined : await newPassphrase(values['passphrase-file'], context)
    const { about, files } = await contentOf({ ...gateway, source }, passphrase !== undefined, context)
    replaceFileSync(target, await writeBackup({ about, files }, passphrase), PRIVATE)
    out(`${relative(cwd, target) || target}: ${about.gateway} with ${counted(files.length, 'file')}\n`)
    if (about.leftOut.length > 0) err(`not in it: ${about.leftOut.join(', ')}\n`)
    return 0
  },
}

/** Everything is read as the gateway's user, and the file is written as whoever calls. */
async function contentOf(
  { config, actAsItsUser, source }: ReturnType<typeof readGateway> & { readonly source: string },
  keepsSecrets: boolean,
  { env, cwd }: CommandContext,
): Promise<Parameters<typeof writeBackup>[0]> {
  using _user = actAsItsUser()
  const { files, leftOut } = await collect({ configFile: source, config, cwd }, keepsSecrets)
  const fromOutside = Object.keys(env).filter((name) => name.startsWith('MILLRACE_') && env[name])
  const { gateway, organization } = config
  const about = {
    ...{ gateway, organization, version: readVersion(), stream: streamOf(config) },
    made: new Date(systemClock.now().wallMs).toISOString(),
    leftOut: [...leftOut, ...fromOutside.map((name) => `environment ${name}`)],
  }
  return { about, files }
}
