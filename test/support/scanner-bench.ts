/** What tests of scanners need again and again: a context, a scanner as its map would give it, and items gathered until they suffice. */
import type {
  PortOpened,
  RawScan,
  Scanner,
  ScannerContext,
  ScannerItem,
  ScannerLink,
  ScannerTransport,
  Suffix,
} from '../../src/domain/scanner.ts'
import { systemClock } from '../../src/runtime/clock.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {} }

export function scannerContext(): ScannerContext {
  return { ...systemClock, log: silent, gaveUp: () => {} }
}

/** @param keys what stands below `port:` */
export function scannerOf<Settings>(
  transport: ScannerTransport<Settings>,
  keys: object,
  suffix: Suffix = 'CR',
): Scanner<Settings> {
  return {
    id: 'ST-12',
    subject: 'station:ST-12',
    transport: transport.key,
    settings: transport.settings.parse(keys),
    framing: { suffix },
  }
}

/** Items up to and including the first after which `isEnough` holds. */
export async function itemsUntil(
  link: ScannerLink,
  isEnough: (items: readonly ScannerItem[]) => boolean,
): Promise<readonly ScannerItem[]> {
  const items: ScannerItem[] = []
  for await (const item of link) {
    items.push(item)
    if (isEnough(items)) return items
  }
  throw new Error(`the link ended after ${items.length} items`)
}

/** Everything until the link ends, and what it throws then. */
export async function endOfScanner(link: ScannerLink): Promise<{
  readonly items: readonly ScannerItem[]
  readonly fault: unknown
}> {
  const items: ScannerItem[] = []
  try {
    for await (const item of link) items.push(item)
    return { items, fault: undefined }
  } catch (fault) {
    return { items, fault }
  }
}

export function codesOf(items: readonly ScannerItem[]): readonly string[] {
  return items
    .filter((item): item is RawScan => item.kind === 'scan')
    .map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
}

export function openedAs(items: readonly ScannerItem[]): PortOpened | undefined {
  return items.find((item) => item.kind === 'opened')
}
