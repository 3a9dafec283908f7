/** Puts what SQLite and the file system report into words, and says what may mend it. */
import { StoreError } from '../domain/errors.ts'

/**
 * `wait`: the same connection may try again;
 * `reopen`: after a disk error nobody knows what is on the disk, so the file is opened and verified anew;
 * `replace`: the file is damaged and must be set aside;
 * `give-up`: trying again would end the same way.
 */
export type Remedy = 'wait' | 'reopen' | 'replace' | 'give-up'

const DAMAGED = 'DAMAGED'

/** The file holds something else than what was written to it. */
export class Damage extends Error {
  override readonly name = 'Damage'
}

interface Words {
  readonly remedy: Remedy
  readonly what: string
  readonly hint: string
}

const WORDS: readonly (readonly [RegExp, Words])[] = [
  [/^(SQLITE_FULL|ENOSPC|EDQUOT)/, { remedy: 'wait', what: 'the disk is full', hint: 'free some space' }],
  [
    /^(SQLITE_BUSY|SQLITE_LOCKED)/,
    { remedy: 'wait', what: 'another program holds it locked', hint: 'end the other program' },
  ],
  [
    /^(SQLITE_CORRUPT|SQLITE_NOTADB|DAMAGED)/,
    { remedy: 'replace', what: 'it is damaged', hint: 'it is set aside and a new one is begun' },
  ],
  [
    /^(SQLITE_READONLY|EROFS)/,
    {
      remedy: 'reopen',
      what: 'it cannot be written to',
      hint: 'check whether the file system became read-only',
    },
  ],
  [
    /^(SQLITE_CANTOPEN|SQLITE_PERM|SQLITE_AUTH|EACCES|EPERM|ENOENT|ENOTDIR|EEXIST|EISDIR)/,
    {
      remedy: 'reopen',
      what: 'it cannot be opened',
      hint: 'check that its folder exists and belongs to the gateway',
    },
  ],
  [
    /^(SQLITE_IOERR|EIO)/,
    {
      remedy: 'reopen',
      what: 'the disk reports an error',
      hint: 'check the disk and replace it if this goes on',
    },
  ],
]

/** Whether it is room on the disk that is missing. */
export function isDiskFull(error: unknown): boolean {
  return /^(SQLITE_FULL|ENOSPC|EDQUOT)/.test(codeOf(error))
}

/** What to do about a failure of the store. */
export function remedyOf(error: unknown): Remedy {
  return wordsFor(error)?.remedy ?? 'give-up'
}

/** Whether trying again may end differently. */
export function isRetryable(error: unknown): boolean {
  return error instanceof StoreError ? error.retryable : remedyOf(error) !== 'give-up'
}

/** The failure as the rest of the gateway sees it; one that is already in words passes unchanged. */
export function storeFault(file: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const code = codeOf(error)
  const words = wordsFor(error)
  const detail = error instanceof Error ? error.message : String(error)
  if (!words) return new StoreError('store', `buffer ${file}: ${detail}`, { retryable: false, cause: error })
  return new StoreError(code, `buffer ${file}: ${words.what} (${code}: ${detail})`, {
    retryable: true,
    hint: words.hint,
    cause: error,
  })
}

function wordsFor(error: unknown): Words | undefined {
  const code = codeOf(error)
  return WORDS.find(([pattern]) => pattern.test(code))?.[1]
}

function codeOf(error: unknown): string {
  if (error instanceof Damage) return DAMAGED
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return ''
}
