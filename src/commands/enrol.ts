/** `millrace enrol`: gives this gateway a login of its own at central, or renews it. */
import { parseArgs } from 'node:util'
import type { Config } from '../config/config.ts'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { DestinationError, GatewayError } from '../domain/errors.ts'
import { type OwnLogin, renewLogin } from '../routes/mes/enrolment/renew-login.ts'
import { typedToken } from '../routes/mes/enrolment/token.ts'
import { centralSettings } from '../routes/mes/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLog } from '../runtime/log.ts'
import { Secret } from '../runtime/secret.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { logStream } from './log-stream.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { recordDone } from './record-done.ts'

export const enrolCommand: Command = {
  name: 'enrol',
  summary: 'gives this gateway a password of its own at central, by a token of the DBA, or renews it',
  usage: `millrace enrol [--config config/gateway.yaml]
    asks for the token that \`central sql --enrol\` has shown, or reads it from standard input: one line. The password is made here,
    written to central.password_file, and shown to nobody; the token is of no use any more
millrace enrol --renew [--config config/gateway.yaml]
    replaces the password in central.password_file by a new one; a gateway that runs goes on, and uses it at its next connection`,
  exits: [
    '0 done, and proven by a login',
    '1 not done: the token or the password was refused, or central is away',
  ],
  example: 'millrace enrol',
  page: 'docs/central.md',
  run: enrol,
}

async function enrol(context: CommandContext): Promise<number> {
  const { args, env, cwd, out, signal } = context
  const options = { ...CONFIG_OPTION, renew: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...args], options })
  const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
  const login = ownLogin(config, context)
  const token = values.renew ? undefined : await askedToken(context)
  const done = await renewLogin(login, token, signal).catch((error: unknown) => {
    throw token ? refusedToken(error) : error
  })
  const { user } = config.central.connection
  const what = `"${user}" made itself a new password, ${values.renew ? 'with its old one' : 'with a token that works once'}`
  recordDone(context, config.dataFolder, values.renew ? 'login-renewed' : 'login-enrolled', what)
  const how = done === 'finished' ? 'an earlier attempt is finished' : 'proven by a login'
  out(`"${user}" has a new password in ${login.passwordFile}: ${how}\n`)
  if (values.renew) out('a gateway that runs uses it at its next connection\n')
  return 0
}

function ownLogin(config: Config, context: CommandContext): OwnLogin {
  const { password, passwordFile } = config.central.connection
  if (password)
    throw new CannotEnrol(
      'MILLRACE_CENTRAL_PASSWORD is set, and wins over any file',
      'take it out of the environment, and write central.password_file',
    )
  if (passwordFile === undefined)
    throw new CannotEnrol(
      'there is no file for the password',
      'write central.password_file: a file that need not be there yet, in a folder that only the gateway’s user may read',
    )
  const log = createLog('error', logStream(context))
  return {
    settings: centralSettings(config, { clock: systemClock, log }),
    passwordFile,
    dataFolder: config.dataFolder,
  }
}

async function askedToken({ askSecret }: CommandContext): Promise<Secret> {
  const typed = await askSecret?.('token: ')
  if (typed === undefined) throw new UsageError('no token was given, and nothing is changed')
  const token = typedToken(typed)
  if (token !== undefined) return new Secret(token)
  throw new CannotEnrol('this is no token', 'it has 20 letters and digits, as in K7Q2M-0XH4T-9PJ3C-VB58W')
}

/** A server says only that the password is wrong, whatever the reason. */
function refusedToken(error: unknown): unknown {
  const isRefused = error instanceof DestinationError && (error.sqlstate ?? '').startsWith('28')
  if (!isRefused) return error
  return new CannotEnrol(
    `central refuses the token: ${error.message}`,
    'it was used already, is too old, or is of another role (central.url names the role): ask the DBA for a new one',
  )
}

class CannotEnrol extends GatewayError {
  override readonly name = 'CannotEnrol'
  readonly retryable = false
  constructor(message: string, hint: string) {
    super('enrol-refused', message, { hint })
  }
}
