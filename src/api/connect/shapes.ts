/**
 * What goes over the wire while a machine is being connected: its device, and what is read of it by hand.
 *
 *     GET    /connect/profiles                  profileList
 *     GET    /connect/machines                  plantMachines
 *     POST   /connect/probe                     probeAsk       → probeVerdict
 *     POST   /connect/trust                     trustAsk       → probeVerdict
 *     POST   /connect/sheet                     sheetAsk       → sheetPreview
 *     POST   /connect/addresses                 addressesAsk   → addressForms     asks no device
 *     POST   /connect/read                      readAsk        → readNow
 *     POST   /connect/find                      findAsk        → foundPlaces
 *     POST   /connect/find/:search/again        findAgain      → foundPlaces      what no longer agrees is left out
 *     POST   /connect/browse                    browseAsk      → nodeList
 *     POST   /connect/topics                    topicsAsk      → topicList        likewise
 *
 * Teach-in stands in `teach-shapes.ts`, the map and playing it live in `map-shapes.ts`. Whatever a device is asked for, and what
 * opens a session, is a POST of the role `configure`.
 */
import { z } from 'zod'
import { deviceKeys, mapValue, signalDraft, text } from './device-shapes.ts'
import type { nodeList, topicList } from './looking-shapes.ts'

export type WireMapValue = z.output<typeof mapValue>
export type DeviceKeys = z.output<typeof deviceKeys>
export type SignalDraft = z.output<typeof signalDraft>
export type NodeList = z.output<typeof nodeList>
export type TopicList = z.output<typeof topicList>

export const profileList = z.object({
  profiles: z.array(
    z.object({
      name: z.string(),
      text: z.string(),
      maker: z.string().nullable(),
      products: z.array(z.string()),
      driver: z.string(),
      notes: z.array(z.string()),
      variants: z.array(z.object({ name: z.string(), text: z.string() })),
      default_variant: z.string().nullable(),
      parameters: z.array(
        z.object({
          name: z.string(),
          text: z.string(),
          example: z.string().nullable(),
          default: z.string().nullable(),
        }),
      ),
      signals: z.array(
        z.object({
          name: z.string(),
          /** Null: every model has it. */
          variant: z.string().nullable(),
          address: z.string(),
          type: z.string(),
          unit: z.string(),
          /** It is read only where the map names it. */
          is_optional: z.boolean(),
        }),
      ),
    }),
  ),
})
export type ProfileList = z.output<typeof profileList>

export const plantMachines = z.object({
  /** When central was last read; null: never, so that nobody knows its machines. */
  read_at: z.string().nullable(),
  age_s: z.number().nullable(),
  organization: z.string().nullable(),
  plant: z.string().nullable(),
  machines: z.array(
    z.object({
      code: z.string(),
      name: z.string().nullable(),
      is_active: z.boolean(),
      /** The file of the map that this gateway has of it; null: it has none. */
      map_file: z.string().nullable(),
    }),
  ),
})
export type PlantMachines = z.output<typeof plantMachines>

/** One thing that was tried, in words. */
const probeStep = z.object({
  step: z.enum([
    'settings',
    'name',
    'network',
    'ping',
    'port',
    'serial',
    'unit',
    'server',
    'trust',
    'login',
    'topics',
  ]),
  verdict: z.enum(['good', 'doubtful', 'bad', 'unknown']),
  said: z.string(),
  hint: z.string().nullable(),
})

const certificate = z.object({
  subject: z.string(),
  issuer: z.string().nullable(),
  application_uri: z.string().nullable(),
  valid_from: z.string(),
  valid_to: z.string(),
  sha256: z.string(),
  sha1: z.string(),
  is_trusted: z.boolean(),
  warnings: z.array(z.string()),
})

export const probeAsk = z.strictObject({
  device: deviceKeys,
  /** Of Modbus: also ask the unit ids that devices usually have, where the given one does not answer. */
  try_units: z.boolean().default(true),
})
export const probeVerdict = z.object({
  verdict: z.enum(['good', 'doubtful', 'bad']),
  /** One sentence for all of it. */
  said: z.string(),
  steps: z.array(probeStep),
  /** Of Modbus: the unit ids that answered. */
  units: z.array(z.number()),
  /** Of OPC UA: what `security:` may be, and the certificates that the server shows. */
  securities: z.array(z.string()),
  certificates: z.array(certificate),
  /** Of OPC UA: the file of the gateway's own certificate, which the server has to trust in turn. */
  own_certificate: z.object({ file: z.string(), sha256: z.string(), sha1: z.string() }).nullable(),
  /** Of MQTT: topics that came within a few seconds. */
  topics: z.array(z.string()),
  /** The gateway reads this device already: for which machines. A device with room for one client refuses a second one. */
  read_for: z.array(z.string()),
})
export type ProbeVerdict = z.output<typeof probeVerdict>

export const trustAsk = z.strictObject({
  url: text(500),
  /** SHA-256 or SHA-1 of the certificate that the server shows now, at least its first 16 digits. */
  fingerprint: text(200),
})

export const sheetAsk = z.strictObject({
  /** The bytes of the file in base64, whatever its encoding; or the text that was pasted. */
  base64: z.string().max(1_400_000).optional(),
  text: z.string().max(1_000_000).optional(),
  format: text(40).optional(),
  area: z.enum(['HR', 'IR', 'DI', 'CO']).optional(),
  controller: text(100).optional(),
  machine: text(100).optional(),
})
export const sheetPreview = z.object({
  /** Which program's format it was taken for, in words. */
  format: z.string(),
  driver: z.string(),
  machine: z.string().nullable(),
  /** Keys below `device:` that follow from the sheet. */
  device: z.record(z.string(), mapValue),
  signals: z.array(signalDraft.extend({ line: z.number() })),
  doubts: z.array(
    z.object({
      line: z.number(),
      what: z.string(),
      hint: z.string().nullable(),
      is_left_out: z.boolean(),
    }),
  ),
})
export type SheetPreview = z.output<typeof sheetPreview>

export const addressesAsk = z.strictObject({
  device: deviceKeys,
  addresses: z
    .array(z.strictObject({ text: z.string().max(1_000), type: z.string().max(10).optional() }))
    .max(500),
})
export const addressForms = z.object({
  /** In the order in which they were asked. */
  addresses: z.array(
    z.object({
      text: z.string(),
      /** `40101 = wire 100 (0x0064), function 3`; null where it cannot be understood. */
      forms: z.string().nullable(),
      fault: z.string().nullable(),
      hint: z.string().nullable(),
    }),
  ),
})
export type AddressForms = z.output<typeof addressForms>

export const readAsk = z.strictObject({
  device: deviceKeys,
  /** As typed: `40101`, `40101-40120`, `IR17`, `40120/20`, `nsu=URI;s=NAME`. */
  addresses: z.array(text(1_000)).min(1).max(50),
  scale: z.number().default(1),
  offset: z.number().default(0),
})
const decoding = z.object({
  type: z.string(),
  word_order: z.string().nullable(),
  /** As text: numbers of 64 bits do not fit into one of JSON. */
  value: z.string(),
  scaled: z.string().nullable(),
  is_plausible: z.boolean(),
  /** A signal of a map that would show it. */
  keys: z.record(z.string(), mapValue),
})
export type Decoding = z.output<typeof decoding>
export const readNow = z.object({
  at: z.string(),
  /** One for each register, bit or node. */
  values: z.array(
    z.object({
      asked: z.string(),
      /** In every form that a manual may use; of a node its id. */
      address: z.string(),
      raw: z.string().nullable(),
      bits: z.string().nullable(),
      decodings: z.array(decoding),
      text: z.string().nullable(),
      quality: z.enum(['good', 'uncertain', 'bad']),
      /** Why it could not be read, or no signal can use it. */
      why: z.string().nullable(),
      /** Causes that may be it, found by looking around. */
      causes: z.array(z.string()),
    }),
  ),
})
export type ReadNow = z.output<typeof readNow>

export const findAsk = z.strictObject({
  device: deviceKeys,
  /** What the display shows, with all its decimals. */
  shows: text(100),
  /** The first and the last address; without them the first 200 registers. Of OPC UA: the node to search below. */
  from: text(1_000).optional(),
  to: text(1_000).optional(),
})
export const findAgain = z.strictObject({
  /** What the display shows now; without it, only what has moved is answered. */
  shows: text(100).optional(),
})
export const searchParams = z.strictObject({ search: z.uuid() })
export const foundPlaces = z.object({
  /** For `again`; it is forgotten after ten minutes. */
  search: z.uuid(),
  /** In words: what was searched, and what of it could not be read. */
  searched: z.array(z.string()),
  places: z.array(
    z.object({
      address: z.string(),
      shown: z.string(),
      /** What it showed the second time. */
      later: z.string().nullable(),
      confirmation: z.enum(['agrees', 'moved', 'same', 'jumped', 'gone']).nullable(),
      /** The lower, the more plausible. */
      doubt: z.number(),
      signal: signalDraft,
    }),
  ),
  is_cut: z.boolean(),
})
export type FoundPlaces = z.output<typeof foundPlaces>
