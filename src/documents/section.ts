/** What a room brings along to own its section of `gateway.yaml`: which keys there are, and what becomes of them. */
import type { ZodType } from 'zod'
import type { ConfigFault } from '../domain/errors.ts'
import type { DocumentDraft } from './draft.ts'
import type { Path } from './place.ts'

/** `Written` is what the schema makes of the file; `Settings` is what the room is given. */
export interface Section<Written = unknown, Settings = Written> {
  readonly schema: ZodType<Written>
  /**
   * For what a schema alone cannot do, such as reading a password file. Faults are noted in the draft.
   * @param at where the section stands in the file
   * @param written undefined when the file has faults; what can be judged without it still is
   * @returns undefined only where a fault was found
   */
  settle?(settling: Settling, at: Path, written: Written | undefined): Settings | undefined
}

/** What a section may ask for while it is settled. */
export interface Settling {
  readonly draft: DocumentDraft
  /** What is unwise but no fault is added here. */
  readonly warnings: ConfigFault[]
  /** Makes a path absolute: relative to the file, or to the current folder when it came from the environment. */
  readonly resolve: (at: Path, path: string) => string
  /** A value that must not stand in the file, and the variable of the environment that holds it. */
  readonly secret: (at: Path) => { readonly variable: string; readonly value: string | undefined }
  /** Whether a secret that cannot be read is a warning and no fault, because nobody will ask for it. */
  readonly sparesSecrets: boolean
}
