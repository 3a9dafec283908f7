import { logStream } from '../../src/commands/log-stream.ts'
import { statusText } from '../../src/commands/status-text.ts'
import type { StatusReport } from '../../src/console/report.ts'
import { parseYaml } from '../../src/documents/yaml-source.ts'
import { printable } from '../../src/domain/errors.ts'
import { findAt, readJsonPath } from '../../src/drivers/mqtt/json-path.ts'
import { HeardMessage } from '../../src/drivers/mqtt/message.ts'
import { oneLine } from '../../src/drivers/opcua/trust/certificate-facts.ts'
import { createMesDestination } from '../../src/routes/mes/route.ts'
import { createLog } from '../../src/runtime/log.ts'
import { matchOf, patternDoubts } from '../../src/scans/patterns.ts'
import { codeOnly } from '../style/imports.ts'
import { type SourceFile, sourceFiles } from '../style/source-files.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../support/central.ts'
import { scan, stored } from '../support/central-events.ts'
import { faultsOfText } from '../support/compiled.ts'
import { HOSTILE_TEXTS } from './parts/hostile-texts.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

/** Shows one text of a device, and gives what people or programs then read. */
type Show = (text: string) => string

/** Anything that moves the cursor, begins a line or turns the direction of writing. */
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u

/** A line that looks as if the gateway had written it. */
const FORGED = /^(?:ERROR second line|\{"level":60,"msg":"forged"\})/

securityCheck<Show>({
  id: 'S12',
  title: 'what a device calls itself cannot write into a terminal or forge a line of the log',
  judge: (show) =>
    HOSTILE_TEXTS.flatMap((text) => {
      const lines = show(text).split('\n')
      const shown = JSON.stringify(text.slice(0, 40))
      return [
        ...(lines.some((line) => FORGED.test(line)) ? [`${shown} begins a line of its own`] : []),
        ...(lines.some((line) => CONTROL.test(line)) ? [`${shown} comes through as it is`] : []),
      ]
    }),
  shipped: {
    'the log for programs': () => logged(false),
    'the log on a terminal': () => logged(true),
    'the report of status': () => shownStatus,
    'the fault of a map': () => (text) =>
      faultsOfText(`machine: ${JSON.stringify(text)}\nodd: 1\n`).join('\n'),
    'the certificate of a server': () => oneLine,
  },
  weakened: {
    'a log that writes texts as they are': () => (text) => `10:00:00 WARN ${text}`,
    'a log that only leaves out line ends': () => (text) => text.replaceAll(/[\r\n]/g, ' '),
  },
})

function logged(isTerminal: boolean): Show {
  return (text) => {
    let out = ''
    const err = (line: string) => {
      out += line
    }
    const log = createLog('info', logStream({ err, isErrTerminal: isTerminal, env: { NO_COLOR: '1' } }))
    log.warn({ event: 'device-lost', machine: text, hint: text, cause: text }, `${text} does not answer`)
    // In the log for programs a text is escaped as JSON; what is left of it is what a reader of raw lines sees.
    return isTerminal ? out : printableJson(out)
  }
}

/** JSON itself leaves the signs that turn the writing around, which only a terminal shows; it never has a line end inside a line. */
function printableJson(line: string): string {
  return line
    .split('\n')
    .map((one) => (one === '' ? one : printable(JSON.stringify(JSON.parse(one)))))
    .join('\n')
}

const shownStatus: Show = (text) => {
  const since = new Date(Date.UTC(2026, 0, 30)).toISOString()
  const more = { work_order: text, operator: null, declared: null, shift: text, data_age_s: 1, map: null }
  const machine = { machine: text, status: 'down', since, reason: text, ...more }
  const report: StatusReport = {
    gateway: 'edge-1',
    version: '0',
    uptime_s: 5,
    healthy: false,
    degraded: [{ code: 'device-down', what: `${text} does not answer`, hint: text, since: null }],
    central: { state: 'connected', since, last_seq: 0, lag_s: 0, clock_offset_ms: 1 },
    routes: [],
    outbox: { pending: 0, oldest_s: null, bytes: 4_096, max_bytes: 8_000_000_000 },
    quarantine: { count: 0, refused: [] },
    machines: [machine],
    devices: [],
    signals: [],
    signals_more: 0,
    passed_over: [],
    scanners: [],
    masterdata: null,
    configuration: { kind: 'git', from: text, release: text, signer: text, since, checked_at: since },
  }
  const reader = {
    nowMs: Date.UTC(2026, 0, 31),
    timezone: 'Europe/Rome',
    columns: undefined,
    hasColours: false,
  }
  return statusText(report, reader as never)
}

/** Reads a document in which somebody hopes to reach the root of all objects. */
type Read = (document: string) => void

const POLLUTING: readonly string[] = [
  '{"__proto__": {"polluted": true}}',
  '{"constructor": {"prototype": {"polluted": true}}}',
  '{"a": {"__proto__": {"polluted": true}}, "machine": "__proto__"}',
  '{"machine": "PRESS-07", "signals": {"__proto__": {"at": "40101", "type": "u16", "polluted": true}}}',
]

securityCheck<Read>({
  id: 'S12',
  title: 'no key of a document reaches the prototype of all objects',
  judge: (read) => {
    const findings = POLLUTING.flatMap((document) => {
      try {
        read(document)
      } catch {
        // Refusing it is as good as reading it.
      }
      return 'polluted' in {} ? [`${document} changed every object`] : []
    })
    delete (Object.prototype as { polluted?: unknown }).polluted
    return findings
  },
  shipped: {
    'a device map': () => (document) => void faultsOfText(document),
    'a document of YAML': () => (document) => void parseYaml(document, 'm.yaml'),
    'a message of a broker': () => (document) => {
      const { json } = new HeardMessage(Buffer.from(document))
      const path = readJsonPath('__proto__.polluted')
      if ('value' in json && !('what' in path)) findAt(json.value, path)
    },
  },
  weakened: {
    'a reader that merges whatever it is given': () => (document) => void merge({}, JSON.parse(document)),
  },
})

function merge(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const key of Object.keys(from)) {
    const value = from[key]
    const has = into[key]
    if (
      typeof value === 'object' &&
      value !== null &&
      (typeof has === 'object' || typeof has === 'function')
    ) {
      merge(has as Record<string, unknown>, value as Record<string, unknown>)
    } else into[key] = value
  }
}

/** Looks for a pattern in a text. */
type Match = (pattern: RegExp, text: string) => unknown

const BUSY_MAX_MS = 1_000
/** Patterns for which JavaScript's own expressions take hours, and a text for each. */
const EXPLODING: readonly (readonly [RegExp, string])[] = [
  [/^(a+)+$/, `${'a'.repeat(29)}!`],
  [/^(\w+-?)+$/, `${'a'.repeat(29)}!`],
  [/^(a|aa)+$/, `${'a'.repeat(42)}!`],
  [/^(?:.*,){12}P/, '1,'.repeat(16)],
]

securityCheck<Match>({
  id: 'S12',
  title: 'no code that is scanned keeps a pattern busy',
  judge: (match) => {
    for (const [pattern, text] of EXPLODING) {
      const before = process.cpuUsage()
      match(pattern, text)
      const { user } = process.cpuUsage(before)
      if (user / 1_000 > BUSY_MAX_MS) return [`${pattern} was busy for ${(user / 1_000).toFixed(0)} ms`]
    }
    return []
  },
  shipped: () => (pattern, text) => {
    const doubt = patternDoubts(pattern)
    return doubt === null ? matchOf(pattern, text.repeat(200)) : undefined
  },
  weakened: { 'the expressions of JavaScript itself': () => (pattern, text) => pattern.test(text) },
  timeoutMs: 240_000,
})

securityCheck<readonly SourceFile[]>({
  id: 'S12',
  title: 'the pages show texts only as texts',
  judge: (files) =>
    files
      .filter(({ text }) =>
        /[iI]nnerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(/.test(
          codeOnly(text),
        ),
      )
      .map(({ file }) => `${file} makes elements or code of a text`),
  shipped: () => sourceFiles('console', 'src'),
  weakened: {
    'a page that sets HTML': () => [
      {
        file: 'console/src/machine.tsx',
        text: 'element.dangerouslySetInnerHTML = { __html: machine.reason }',
      },
    ],
  },
})

interface TextInCentral {
  readonly central: TestCentral
  /** Brings texts into central, one row each. */
  put(texts: readonly string[]): Promise<void>
}

const COUNTED = `SELECT (SELECT count(*) FROM machines)::int AS machines, (SELECT count(*) FROM work_orders)::int AS orders`

/** PostgreSQL holds no zero character and no half of a pair; what a column cannot hold is told by the route, and set aside. */
const STORABLE = HOSTILE_TEXTS.filter((text) => !text.includes('\u0000') && text.length < 1_000)

securityCheck<TextInCentral>({
  id: 'S12',
  title: 'what is scanned arrives in central as it is, and changes nothing but its row',
  judge: async ({ central, put }) => {
    const before = await central.sql(COUNTED)
    const fault = await put(STORABLE).then(
      () => [],
      (error: Error) => [`it could not be stored: ${error.message}`],
    )
    const rows = await central
      .sql<{ data: string }>('SELECT qr_code_data AS data FROM qr_code_scans')
      .catch(() => [])
    const came = new Set(rows.map(({ data }) => data))
    const after = await central.sql(COUNTED).catch(() => [])
    return [
      ...fault,
      ...STORABLE.filter((text) => !came.has(text)).map((text) => `${JSON.stringify(text)} did not arrive`),
      ...(JSON.stringify(before) === JSON.stringify(after) ? [] : ['other rows went away']),
    ]
  },
  shipped: centralWith(async (central) => {
    const operator = await operatorOf(central)
    const session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
    return {
      put: async (texts) => {
        const events = stored(
          texts.map((data, n) =>
            scan(operator, { data, at: new Date(Date.UTC(2026, 0, 31, 9, n)).toISOString() }),
          ),
        )
        const refused = await session.transaction((transaction) =>
          transaction.apply(events, { guarded: false }),
        )
        await session[Symbol.asyncDispose]()
        if (refused.length > 0)
          throw new Error(`${refused.length} were refused: ${JSON.stringify(refused[0])}`)
      },
    }
  }),
  weakened: {
    'a statement that is put together from texts': centralWith((central) => ({
      put: async (texts) => {
        for (const text of texts) {
          await central
            .sql(
              `INSERT INTO qr_code_scans (organization_id, qr_code_data, scan_type, scanned_by, scanned_at)
               SELECT organization_id, '${text}', 'unknown', id, now() FROM users WHERE employee_code = '4711'`,
            )
            .catch(() => undefined)
        }
      },
    })),
  },
  timeoutMs: 180_000,
})

function centralWith(
  make: (central: TestCentral) => Pick<TextInCentral, 'put'> | Promise<Pick<TextInCentral, 'put'>>,
): MakeSite<TextInCentral> {
  return async (stack) => {
    const central = stack.use(await startTestCentral())
    return { central, ...(await make(central)) }
  }
}
