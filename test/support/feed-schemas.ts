/** Whether what a listener hears is as docs/feed promises: by the files there, and nothing of the program. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const FOLDER = 'docs/feed'

interface Promised {
  readonly schema: z.ZodType
  readonly fields: readonly string[]
}

const promised = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.schema.json'))
    .map((file) => [file.replace('.schema.json', ''), readPromise(join(FOLDER, file))] as const),
)

function readPromise(file: string): Promised {
  const { $schema: _, ...schema } = JSON.parse(readFileSync(file, 'utf8'))
  return { schema: z.fromJSONSchema(schema), fields: Object.keys(schema.properties) }
}

/** What is wrong with a message; a field that no schema has is wrong here, though listeners must bear with it. */
export function feedFaults(topic: string, payload: string): readonly string[] {
  // An empty one takes away what was retained.
  if (payload === '') return []
  const name = schemaOf(topic)
  const known = promised.get(name)
  if (!known) return [`${topic}: docs/feed describes nothing that is called ${name}`]
  const said: object = JSON.parse(payload)
  const unknown = Object.keys(said).filter((field) => !known.fields.includes(field))
  const { error } = known.schema.safeParse(said)
  return [
    ...unknown.map((field) => `${topic}: ${field} is not in ${name}`),
    ...(error?.issues ?? []).map((issue) => `${topic}: ${issue.path.join('.')}: ${issue.message}`),
  ]
}

/** `…/CELL/event/status/opened` → `event.status.opened`, by the end of the topic. */
function schemaOf(topic: string): string {
  const levels = topic.split('/')
  const at = levels.lastIndexOf('event')
  return at > 0 ? levels.slice(at).join('.') : (levels.at(-1) ?? '')
}
