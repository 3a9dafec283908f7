/**
 * Gives this gateway a password of its own. It is made here and never leaves this computer: central gets a verifier. The login before
 * it, a token of the DBA or the present password, is of no use afterwards.
 */
import { randomBytes } from 'node:crypto'
import { DestinationError } from '../../../domain/errors.ts'
import type { Link } from '../../../postgres/link.ts'
import { onPrimary } from '../../../postgres/primary.ts'
import { scramVerifier } from '../../../postgres/scram.ts'
import { Secret } from '../../../runtime/secret.ts'
import { primarySettings } from '../route.ts'
import type { CentralSettings } from '../settings.ts'
import { findTenant, sqlCommand } from '../tenant.ts'
import {
  forgetNextPassword,
  nextPassword,
  putNextPassword,
  useNextPassword,
  writeNextPassword,
} from './password-file.ts'

const PASSWORD_BYTES = 24
/** A wrong password, or one that is no longer valid: servers answer both alike. */
const WRONG_PASSWORD = '28P01'
/** What a central without the function says. */
const NO_FUNCTION = '42883'

/** Whose login, and where its password is kept. */
export interface OwnLogin {
  readonly settings: CentralSettings
  readonly passwordFile: string
  /** Whose owner the file gets. */
  readonly dataFolder: string
}

/** `finished`: an earlier attempt had come so far that only the file was missing. */
type Renewal = 'renewed' | 'finished'

/**
 * @param present a token, or undefined where the password in the file is to be replaced
 * @throws DestinationError, or what the file system says; calling it again is safe, however far it came
 */
export async function renewLogin(
  login: OwnLogin,
  present: Secret | undefined,
  signal: AbortSignal,
): Promise<Renewal> {
  const { passwordFile } = login
  const waiting = nextPassword(passwordFile)
  if (waiting) {
    if (await isTaken(login, waiting, signal)) {
      useNextPassword(passwordFile)
      return 'finished'
    }
    forgetNextPassword(passwordFile)
  }
  const made = await replacePassword(login, present, signal)
  putNextPassword(passwordFile, made, login.dataFolder)
  // The proof: a login with what is in the file now. Where central is away, the next call finds it waiting, and needs no other token.
  await (await logIn(login, undefined, signal))[Symbol.asyncDispose]()
  forgetNextPassword(passwordFile)
  return 'renewed'
}

async function isTaken(login: OwnLogin, password: Secret, signal: AbortSignal): Promise<boolean> {
  try {
    await (await logIn(login, password, signal))[Symbol.asyncDispose]()
    return true
  } catch (error) {
    if (error instanceof DestinationError && error.sqlstate === WRONG_PASSWORD) return false
    throw error
  }
}

/** @param password undefined for the one in the file */
async function logIn(
  { settings, passwordFile }: OwnLogin,
  password: Secret | undefined,
  signal: AbortSignal,
): Promise<Link> {
  const connection = { ...settings.connection, ...(password ? { password } : { passwordFile }) }
  return await onPrimary(primarySettings({ ...settings, connection }), signal, async ({ link }) => {
    // A token of another organization must not enrol this gateway.
    await findTenant(link, settings)
    return link
  })
}

/**
 * On one host only: where its answer is lost, the next one must not be given another password.
 * @returns the password that central has now; it waits beside the file
 */
async function replacePassword(
  login: OwnLogin,
  present: Secret | undefined,
  signal: AbortSignal,
): Promise<Secret> {
  const { settings, passwordFile, dataFolder } = login
  await using link = await logIn(login, present, signal)
  const password = new Secret(randomBytes(PASSWORD_BYTES).toString('base64url'))
  writeNextPassword(passwordFile, password, dataFolder)
  try {
    await link.query('SELECT edge_gateway.renew_login($1, $2)', [
      scramVerifier(password.reveal()),
      settings.gateway,
    ])
    return password
  } catch (error) {
    // Without an answer nobody knows whether central has taken it: the next call finds out.
    if (error instanceof DestinationError && error.sqlstate !== null) forgetNextPassword(passwordFile)
    throw error instanceof DestinationError && error.sqlstate === NO_FUNCTION ? tooOld(settings) : error
  }
}

function tooOld(settings: CentralSettings): DestinationError {
  const message = 'central has nothing yet with which a gateway could renew its login'
  const hint = `have the DBA run what \`${sqlCommand(settings)} --enrol 1h\` prints`
  return new DestinationError('central-schema', message, { refusal: 'wait', hint })
}
