/** `millrace restore`: puts a backup back, also onto a new computer, and says what comes next. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type BackupAbout, needsPassphrase, readBackup } from '../backup/backup-file.ts'
import { BackupRefused } from '../backup/backup-refused.ts'
import { restore, shownPath } from '../backup/restore.ts'
import { guessFolders } from '../config/load-config.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { counted } from './counted.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { knownPassphrase, PASSPHRASE_OPTION } from './passphrase.ts'
import { recordDone } from './record-done.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  ...PASSPHRASE_OPTION,
  show: { type: 'boolean' },
  overwrite: { type: 'boolean' },
} as const

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'puts a backup of a gateway back, also onto a new computer',
  usage: `millrace restore FILE [--show] [--overwrite] [--passphrase-file FILE] [--config config/gateway.yaml]
    --show: only says what is in it
    --overwrite: files that say something else give way; without it nothing is restored where there are any
    the gateway must be stopped; its log, where there is one, stays as it is`,
  exits: ['0 restored', '1 not restored: other files are there, a wrong passphrase, a damaged file'],
  example: 'millrace restore /mnt/usb/edge-1.backup --config /etc/millrace/gateway.yaml',
  page: 'docs/operate.md',
  async run(context) {
    const { args, env, cwd, out } = context
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    const [name, ...more] = positionals
    if (name === undefined || more.length > 0) throw new UsageError('name one file')
    const bytes = readFileSync(resolve(cwd, name))
    const isLocked = needsPassphrase(bytes)
    const passphrase = isLocked ? await knownPassphrase(values['passphrase-file'], context) : undefined
    const { about, files } = await readBackup(bytes, passphrase)
    out(`${about.gateway} of ${about.organization}, backed up ${about.made} by version ${about.version}\n`)
    if (values.show) {
      for (const { root, path } of files) out(`${root}/${path}\n`)
      return 0
    }
    try {
      const how = { overwrites: values.overwrite === true, isProven: isLocked }
      const target = { configFile: configFile(values, cwd), env, cwd, ...how }
      const restored = restore(files, target)
      const what = `${counted(restored.written.length, 'file')} of a backup of ${about.gateway}, made ${about.made}, were restored`
      recordDone(
        context,
        guessFolders({ ...target, file: target.configFile }).dataFolder,
        'settings-restored',
        what,
      )
      tell(restored, about, context)
      return 0
    } catch (error) {
      const inTheWay = error instanceof BackupRefused ? error.files : []
      for (const file of inTheWay) context.err(`is there: ${shownPath(file, cwd)}\n`)
      throw error
    }
  },
}

function tell(restored: ReturnType<typeof restore>, about: BackupAbout, { out, cwd }: CommandContext): void {
  const { written, same, besides, withheld, missing, hasLog } = restored
  const before = same === 0 ? '' : `, ${same} were there already`
  out(`restored ${counted(written.length, 'file')}${before}\n`)
  for (const file of besides) out(`beside them lies, and counts: ${shownPath(file, cwd)}\n`)
  for (const file of withheld)
    out(`not put there, since no passphrase proves who has made this backup: ${shownPath(file, cwd)}\n`)
  if (about.leftOut.length > 0) out(`the backup does not have: ${about.leftOut.join(', ')}\n`)
  for (const file of missing) out(`has to be put there: ${shownPath(file, cwd)}\n`)
  out(
    nextSteps(hasLog, about)
      .map((step, index) => `${index + 1}. ${step}\n`)
      .join(''),
  )
}

function nextSteps(hasLog: boolean, { stream, gateway }: BackupAbout): readonly string[] {
  const check = 'millrace check --central finds no fault'
  if (hasLog) return [check, 'start the gateway: it goes on with the log that is in its data folder']
  const had = stream ? ` (it had pushed ${stream.acknowledged} events then, and more since)` : ''
  return [
    `switch the old ${gateway} off for good${had}: two of one name fence each other`,
    check,
    'millrace buffer adopt shows how central stands; millrace buffer adopt --yes goes on from there, with a new log',
    'start the gateway; status must say connected',
    'make a new backup: keys and login of this one are those of the old computer, and can be renewed now',
  ]
}
