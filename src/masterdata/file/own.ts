/** How the thread that owns the copy's file opens it. */
import type { OwnFile } from '../../sqlite/files-thread/owned-file.ts'
import type { CopySetup } from '../messages.ts'
import { MASTERDATA, openCopy } from './copy.ts'

export const own: OwnFile<CopySetup> = ({ file, whose }) => ({
  name: MASTERDATA,
  file,
  open: () => openCopy(file, whose),
})
