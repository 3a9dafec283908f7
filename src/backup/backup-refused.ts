/** Why a gateway is not backed up or restored. */
import { GatewayError } from '../domain/errors.ts'

/** Nothing was written. */
export class BackupRefused extends GatewayError {
  override readonly name = 'BackupRefused'
  readonly retryable = false
  /** Files that are there already: those that say something else, and maps that the backup does not have. */
  readonly files: readonly string[]
  constructor(message: string, hint: string, files: readonly string[] = []) {
    super('backup-refused', message, { hint })
    this.files = files
  }
}
