/** What may stand in `gateway.yaml`: the keys of the gateway as a whole, and the sections that the rooms own. */
import { z } from 'zod'
import { nearestWord } from '../documents/nearest-word.ts'
import { refuse, shown } from '../documents/quantities.ts'
import { text } from '../documents/text.ts'
import { SECTIONS, type Sections } from './sections.ts'

const timezone = z
  .string()
  .transform((name, context) => {
    if (isTimezone(name)) return name
    const nearest = nearestWord(name, Intl.supportedValuesOf('timeZone'))
    const hint = nearest ? `did you mean "${nearest}"?` : 'a name such as Europe/Rome'
    return refuse(context, `${shown(name)} is not a time zone`, hint)
  })
  .meta({ description: 'IANA name: shifts are bare times in it.' })

function isTimezone(name: string): boolean {
  try {
    // Intl also understands offsets such as +02:00, but those know no summer time.
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    // Intl throws for what is no time zone: that is the answer.
    return false
  }
}

/** Judged by itself too: `check` looks for the maps even where the rest of the file has faults. */
export const devicesKey = text(4096)
  .default('../devices')
  .describe('Folder of the device maps, relative to this file.')

/** The same: `check` looks there for the file that has each machine. */
export const dataKey = text(4096).default('../data').describe('Folder of the outbox, keys and certificates.')

/** The same: `check` judges the routes too. */
export const routesKey = text(4096)
  .default('routes')
  .describe('Folder of the route files, relative to this file: where events go besides central.')

const gatewayKeys = {
  gateway: text(100).describe("Unique within the organization: names this gateway's stream in central."),
  organization: text(100).describe('organizations.code'),
  plant: text(100).describe('plants.code'),
  timezone,
  devices: devicesKey,
  data: dataKey,
  routes: routesKey,
}

/** The keys of the gateway as they are typed, and under each section's key whatever its schema makes of it. */
export type GatewayFile = z.output<z.ZodObject<typeof gatewayKeys>> & Readonly<Record<string, unknown>>

/** The schema of `gateway.yaml` with any set of sections. */
export function composeGatewaySchema(sections: Sections): z.ZodType<GatewayFile> {
  const schemas = Object.entries(sections).map(([name, { schema }]) => [name, schema] as const)
  return z
    .strictObject({ ...gatewayKeys, ...Object.fromEntries(schemas) })
    .meta({ title: 'gateway.yaml' }) as z.ZodType<GatewayFile>
}

/** The schema of `gateway.yaml` with the sections that this version has. */
export const gatewaySchema = composeGatewaySchema(SECTIONS)
