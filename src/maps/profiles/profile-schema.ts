/**
 * What may stand in a profile, and what is wrong with one by itself.
 *
 * A profile is data: what a device is, where its signals are, and what a technician has to know of it. One profile may describe
 * several models (`variants`), and may leave words to the map that it cannot know, such as the name of a data block (`parameters`).
 */
import { z } from 'zod'
import { createDraft, type DocumentDraft, isRecord, keysAt } from '../../documents/draft.ts'
import type { Path } from '../../documents/place.ts'
import { text } from '../../documents/text.ts'
import type { YamlSource } from '../../documents/yaml-source.ts'
import type { ConfigFault } from '../../domain/errors.ts'
import { signalSchema } from '../machine/map-schema.ts'
import { SYNONYMS } from '../words.ts'
import { placeholdersOf } from './placeholders.ts'

/** The name of a variant or of a parameter. */
const name = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'lower case letters, digits, - and _')

const description = z.string().optional().describe('What it is, in words.')

const source = z
  .strictObject({
    title: text(200).describe('The document in which the maker says so.'),
    edition: text(100).optional().describe('Its number or date.'),
    page: text(100).optional().describe('Page, chapter or table.'),
    url: text(500).optional(),
    seen_in: text(200)
      .optional()
      .describe('Where the facts were read, when the document itself was not at hand.'),
  })
  .meta({ title: 'a source' })

const parameter = z
  .strictObject({
    text: text(300).describe('What the map has to say here.'),
    example: text(200).optional(),
    default: text(200).optional().describe('What holds where the map says nothing.'),
  })
  .meta({ title: 'a parameter' })

const serial = z
  .strictObject({
    baud: z.int().min(300).max(1_000_000).optional(),
    parity: z.enum(['none', 'even', 'odd']).optional(),
    stop_bits: z.literal([1, 2]).optional(),
  })
  .meta({ title: 'a serial line' })

/** The parts that both a profile and one of its variants may have. */
const parts = {
  text: description,
  device: z.looseObject({}).optional(),
  serial: serial
    .optional()
    .describe('How its serial line is set as it leaves the factory; for maps with driver: modbus-rtu.'),
  signals: z.record(z.string(), z.looseObject({})).optional(),
}

/** What may stand in one of the models that a profile describes. */
export const variantSchema = z.strictObject(parts).meta({ title: 'a variant' })

/** What may stand in a profile. Its signals are judged together with the map that draws on them. */
export const profileSchema = z
  .strictObject({
    ...parts,
    maker: text(100).optional(),
    products: z.array(text(100)).min(1).max(50).optional().describe('The names on the nameplates.'),
    sources: z.array(source).max(20).optional(),
    notes: z.array(text(500)).max(20).optional().describe('What a technician has to know.'),
    variants: z.record(name, variantSchema).optional(),
    default: name.optional().describe('The variant that holds where the map names none.'),
    parameters: z.record(name, parameter).optional().describe('Words that the map supplies.'),
  })
  .meta({ title: 'a profile' })

/** A profile after validation; its signals and devices are judged with the map. */
export type ProfileHead = z.output<typeof profileSchema>

/** A signal of a profile. */
export const profileSignalSchema = signalSchema
  .extend({
    optional: z
      .literal(true)
      .optional()
      .describe('It is read only where the map names it: not every model or wiring has it.'),
  })
  .meta({ title: 'a signal' })

/** What is wrong with a profile itself. Its signals are judged with the map that draws on them. */
export function profileFaults(source: YamlSource): readonly ConfigFault[] {
  if (source.faults.length > 0) return source.faults
  const draft = createDraft(source, SYNONYMS)
  draft.judge([], profileSchema)
  judgeWords(draft)
  return draft.faults
}

/** The faults of a profile that perhaps no map draws on: its signals are judged as well, as far as they stand for themselves. */
export function wholeProfileFaults(source: YamlSource): readonly ConfigFault[] {
  if (source.faults.length > 0) return source.faults
  const draft = createDraft(source, SYNONYMS)
  draft.judge([], profileSchema)
  judgeWords(draft)
  for (const part of partsAt(draft)) {
    for (const name of keysAt(draft.at([...part, 'signals']))) {
      draft.judge([...part, 'signals', name], profileSignalSchema)
    }
  }
  return draft.faults
}

/** The profile itself and each of its variants. */
function partsAt(draft: DocumentDraft): readonly Path[] {
  return [[], ...keysAt(draft.at(['variants'])).map((name) => ['variants', name])]
}

/** A default that is no variant, and words in braces that no parameter explains. */
function judgeWords(draft: DocumentDraft): void {
  const [variants, standard] = [keysAt(draft.at(['variants'])), draft.at(['default'])]
  if (typeof standard === 'string' && !variants.includes(standard)) {
    draft.fault(['default'], `"${standard}" is no variant of this profile`, `one of: ${variants.join(', ')}`)
  }
  const parameters = keysAt(draft.at(['parameters']))
  for (const part of partsAt(draft)) {
    const signals = draft.at([...part, 'signals'])
    for (const name of keysAt(signals)) judgeNode(draft, [...part, 'signals', name], parameters)
  }
}

function judgeNode(draft: DocumentDraft, path: Path, parameters: readonly string[]): void {
  const signal = draft.at(path)
  const node = isRecord(signal) ? signal.node : undefined
  const unknown = typeof node === 'string' && placeholdersOf(node).find((word) => !parameters.includes(word))
  if (!unknown) return
  draft.fault([...path, 'node'], `no parameter is called "${unknown}"`, 'explain it under parameters:')
}
