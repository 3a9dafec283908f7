/** A kind of route of test code: files whose key is `archive` archive every event in a SQLite file, which stands for any destination. */
import { z } from 'zod'
import { eventCodec } from '../../src/domain/events/index.ts'
import type { RouteKind } from '../../src/routes/route-kind.ts'
import { archiveRoute } from '../seams/archive-route.ts'

const schema = z.strictObject({
  archive: z.strictObject({ file: z.string(), password: z.never().optional() }),
})

interface ArchiveSettings {
  /** Absolute. */
  readonly file: string
  readonly password: string | undefined
}

export const archiveKind: RouteKind<z.output<typeof schema>, ArchiveSettings> = {
  key: 'archive',
  schema,
  settle: ({ draft, resolve, secret }, written) => {
    if (!written) return undefined
    const { file } = written.archive
    if (file.endsWith('.txt'))
      draft.fault(['archive', 'file'], `"${file}" is no archive`, 'such as archive.db')
    return { file: resolve(['archive', 'file'], file), password: secret(['archive', 'password']).value }
  },
  create: ({ file }, { name, must }) => ({ ...archiveRoute(file, eventCodec, must), name }),
}
