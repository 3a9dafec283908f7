/** How the thread that owns the audit trail opens it. */
import type { OwnFile } from '../sqlite/files-thread/owned-file.ts'
import type { TrailSetup } from './messages.ts'
import { openTrail, trailFile } from './trail-file.ts'

export const own: OwnFile<TrailSetup> = ({ file }) => ({
  ...trailFile(file),
  open: () => openTrail(file, { isOwner: true }),
})
