/**
 * For whom events are captured. The log remembers it for each destination, so that what was captured for one organization, gateway
 * or database never reaches another one because somebody has changed a line of the configuration.
 */

/** Names from the configuration: known before the destination was ever reached. */
export interface RecipientNames {
  /** The code of the organization. */
  readonly organization: string
  /** The gateway's own name, under which the destination keeps its stream. */
  readonly gateway: string
}

/** Whom a destination takes events for, and which server it is. What is null is not known, or the server does not say it. */
export interface Recipient extends RecipientNames {
  /** The organization by its number in this database. */
  readonly organizationId: number | null
  readonly database: string | null
  /** Given to a server when it is made, and shared by its standbys and by copies of its files. */
  readonly systemId: string | null
  /** Counts how often a standby of that system was made a primary: of two servers, the lower one is the past. */
  readonly timeline: number | null
  /** `host:port`, for messages only: a server may move. */
  readonly host: string | null
}

/** What is known of a recipient before its destination was ever reached. */
export function namedOnly({ organization, gateway }: RecipientNames): Recipient {
  const unknown = { organizationId: null, database: null, systemId: null, timeline: null, host: null }
  return { organization, gateway, ...unknown }
}

/** Why a destination is none that the log's events were captured for. */
const STRANGERS = ['other organization', 'other gateway', 'other database', 'older timeline'] as const
export type Stranger = (typeof STRANGERS)[number]

/**
 * What a destination that was met is to the one that events were captured for: another one, the same, or `unproven` where nothing
 * contradicts, but the server of one of both is not known.
 */
export type Kinship = Stranger | 'same' | 'unproven'

/** Whether a destination gets nothing by itself. */
export function isStranger(kin: string): kin is Stranger {
  return STRANGERS.some((stranger) => stranger === kin)
}

/** In another database the numbers of organizations say nothing: codes do. */
export function kinship(known: Recipient | undefined, met: Recipient): Kinship {
  if (!known) return 'unproven'
  const database = databaseKinship(known, met)
  const isSameOrganization =
    database === 'same' && known.organizationId !== null
      ? known.organizationId === met.organizationId
      : known.organization === met.organization
  if (!isSameOrganization) return 'other organization'
  if (known.gateway !== met.gateway) return 'other gateway'
  if (database === 'same' && isOlder(met, known)) return 'older timeline'
  return database
}

function databaseKinship(known: Recipient, met: Recipient): 'same' | 'other database' | 'unproven' {
  if (known.database !== null && met.database !== null && known.database !== met.database)
    return 'other database'
  if (known.systemId === null || met.systemId === null) return 'unproven'
  return known.systemId === met.systemId ? 'same' : 'other database'
}

/** Whether a server is of the time before the one that is known was made the primary. */
function isOlder(met: Recipient, known: Recipient): boolean {
  return met.timeline !== null && known.timeline !== null && met.timeline < known.timeline
}

/** Whether two recipients agree in every field. */
export function sameRecipient(a: Recipient | undefined, b: Recipient): boolean {
  return a !== undefined && (Object.keys(b) as (keyof Recipient)[]).every((field) => a[field] === b[field])
}
