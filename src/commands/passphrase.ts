/** The passphrase of a backup: out of a file, or typed; never an argument. */
import { resolve } from 'node:path'
import { GatewayError } from '../domain/errors.ts'
import { readPlainFile } from '../runtime/plain-file.ts'
import { SECRET_BYTES_MAX, Secret, withoutLineEnd } from '../runtime/secret.ts'
import type { CommandContext } from './command.ts'

/** For `parseArgs`. */
export const PASSPHRASE_OPTION = { 'passphrase-file': { type: 'string' } } as const

/** Shorter ones are guessed. */
const LENGTH_MIN = 12

/** No passphrase can be used. */
class NoPassphrase extends GatewayError {
  override readonly name = 'NoPassphrase'
  readonly retryable = false
  constructor(message: string, hint: string) {
    super('backup-passphrase', message, { hint })
  }
}

/** What a new backup is locked with. */
export async function newPassphrase(file: string | undefined, context: CommandContext): Promise<Secret> {
  const { askSecret, isInTerminal } = context
  const typed = file === undefined ? await askSecret?.('passphrase of the backup: ') : textIn(file, context)
  if (typed === undefined)
    throw new NoPassphrase('no passphrase was given', '--open makes a backup without secrets')
  if (typed.length < LENGTH_MIN)
    throw new NoPassphrase('the passphrase is too short', `at least ${LENGTH_MIN} characters, several words`)
  const isTyped = file === undefined && isInTerminal === true
  if (isTyped && (await askSecret?.('the same again: ')) !== typed)
    throw new NoPassphrase('the two are not the same', 'nothing is written')
  return new Secret(typed)
}

/** What opens a backup. */
export async function knownPassphrase(
  file: string | undefined,
  context: CommandContext,
): Promise<Secret | undefined> {
  const typed =
    file === undefined ? await context.askSecret?.('passphrase of the backup: ') : textIn(file, context)
  return typed === undefined ? undefined : new Secret(typed)
}

function textIn(file: string, { cwd }: CommandContext): string {
  const bytes = readPlainFile(resolve(cwd, file), SECRET_BYTES_MAX)
  return withoutLineEnd(Buffer.from(bytes).toString('utf8'))
}
