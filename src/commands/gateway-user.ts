/**
 * Commands that write a file where root wants it run as root, and read what the gateway's user may change: `gateway.yaml`, maps, routes and
 * the data folder. They read it as that user: a link to `/etc/shadow` in there, or a key that names it, then leads to nothing.
 */
import type { Config } from '../config/config.ts'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { GatewayError } from '../domain/errors.ts'
import { type FileUser, otherUserAt } from '../runtime/act-as.ts'
import type { CommandContext } from './command.ts'

/** `gateway.yaml` and the data folder belong to two users: each could have the files of the other read. */
class TwoUsers extends GatewayError {
  override readonly name = 'TwoUsers'
  readonly retryable = false
  constructor(configFile: string, dataFolder: string) {
    super(
      'gateway-two-users',
      `${configFile} and ${dataFolder} belong to two users, and root reads for neither`,
      {
        hint: 'run this as the user that the gateway runs as, or give gateway.yaml to that user or to root',
      },
    )
  }
}

interface ReadGateway {
  readonly config: Config
  /** Until it is disposed of, files are read as the gateway's user. */
  readonly actAsItsUser: () => Disposable
}

/**
 * @param file `gateway.yaml`, absolute
 * @throws ConfigError, TwoUsers
 */
export function readGateway(file: string, context: CommandContext): ReadGateway {
  const { env, cwd } = context
  const editor = otherUserAt(file)
  const config = readAs(editor, context, () => loadConfigWithoutSecrets({ file, env, cwd }))
  const { dataFolder, devicesFolder, routesFolder } = config
  const owner = otherUserAt(dataFolder)
  if (context.actAs && editor && owner && editor.uid !== owner.uid) throw new TwoUsers(file, dataFolder)
  const user = editor ?? owner ?? otherUserAt(devicesFolder) ?? otherUserAt(routesFolder)
  return { config, actAsItsUser: () => actAs(user, context) }
}

/** Reads as whoever may change what is read. */
export function readAs<Read>(user: FileUser | undefined, context: CommandContext, read: () => Read): Read {
  using _user = actAs(user, context)
  return read()
}

function actAs(user: FileUser | undefined, context: CommandContext): Disposable {
  return (user && context.actAs?.(user)) ?? { [Symbol.dispose]: () => {} }
}
