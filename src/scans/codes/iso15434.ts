/**
 * ISO 15434 envelopes: `[)>` RS `06` GS field GS field … RS EOT. The fields of format 06 begin with a data identifier of MH10.8.2,
 * those of format 05 with a GS1 application identifier, those of format 12 with a text identifier and a space.
 */
import { elementsOf } from './gs1.ts'
import { type CodeReading, firstOfEach } from './reading.ts'
import { EOT, GS, RS, withSeparators } from './separators.ts'

const HEADER = '[)>'

/** How the fields of each format are read. */
const FORMATS: Readonly<Record<string, (fields: readonly string[]) => readonly Field[]>> = {
  '05': (fields) => elementsOf(fields.join(GS)) ?? [],
  '06': (fields) => fields.flatMap((field) => fieldOf(field, /^(?<id>\d{0,3}[A-Z])/)),
  '12': (fields) => fields.flatMap((field) => fieldOf(field, /^(?<id>[A-Z]{3}) /)),
}

type Field = readonly [id: string, value: string]

/** What stands in an envelope; null where the text is none. `gs_lost`: it has no separators, so that its fields run together. */
export function readEnvelope(text: string): CodeReading | null {
  if (!text.startsWith(HEADER)) return null
  const content = withSeparators(text).slice(HEADER.length)
  const formats = content
    .split(RS)
    .map(formatOf)
    .filter((format) => format !== null)
  if (formats.length === 0) return null
  return {
    fields: firstOfEach(formats.flatMap((format) => format.fields)),
    isSure: true,
    marks: formats.some((format) => format.isRunTogether) ? ['gs_lost'] : [],
  }
}

interface Format {
  readonly fields: readonly Field[]
  readonly isRunTogether: boolean
}

/** One format of an envelope; null for what stands around it, and for a format whose fields have no identifiers. */
function formatOf(text: string): Format | null {
  // The end is missing where a scanner does not send EOT, or takes it for its own.
  const whole = text.endsWith(EOT) ? text.slice(0, -1) : text
  const [code = '', ...fields] = whole.split(GS)
  const read = FORMATS[code.slice(0, 2)]
  if (!read) return null
  if (code.length > 2) return { fields: [], isRunTogether: true }
  return { fields: read(fields), isRunTogether: false }
}

function fieldOf(text: string, identifier: RegExp): readonly Field[] {
  const found = identifier.exec(text)
  return found?.groups ? [[found.groups.id ?? '', text.slice(found[0].length)]] : []
}
