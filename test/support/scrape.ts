/** Reads a scrape, by the grammar of Prometheus's text format. */

interface ScrapedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a scrape says. */
export interface Scrape {
  readonly samples: readonly ScrapedSample[]
  /** The value of the one sample with at least these labels; undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:\\.|[^"\\])*)"(?:,|$)/g

/** @throws where a line is no sample and no comment */
export function readScrape(text: string): Scrape {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const samples = lines.map((line) => {
    const [, name = '', labelText = '', value = ''] = SAMPLE.exec(line) ?? []
    if (name === '') throw new Error(`no sample: ${line}`)
    return {
      name,
      labels: labelsIn(labelText),
      value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
    }
  })
  return {
    samples,
    value: (name, labels = {}) =>
      samples.find(
        (one) =>
          one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
      )?.value,
  }
}

function labelsIn(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(LABEL)].map(([, key = '', value = '']) => [
    key,
    value.replace(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one)),
  ])
  return Object.fromEntries(pairs)
}
