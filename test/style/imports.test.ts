import { describe, expect, test } from 'vitest'
import { banFaults } from './bans.ts'
import { importedPaths, importFaults, pageImportFaults, TABLE } from './imports.ts'
import { repositoryFile, sourceFiles } from './source-files.ts'

describe('the source', () => {
  const files = sourceFiles('src', 'simulators')

  test('imports only in the directions of the architecture', () => {
    expect(files.flatMap(({ file, text }) => importFaults(file, text))).toEqual([])
  })

  test('of the pages takes types alone of the gateway, of what goes over the wire', () => {
    const pages = sourceFiles('console/src')
    expect(pages.length).toBeGreaterThan(10)
    expect(pages.flatMap(({ file, text }) => pageImportFaults(file, text))).toEqual([])
  })

  test('reaches for time, randomness and the process only where it may', () => {
    expect(files.flatMap(({ file, text }) => banFaults(file, text))).toEqual([])
  })

  test('has its table in docs/ARCHITECTURE.md too, word for word', () => {
    const rows = Object.entries(TABLE).map(
      ([room, may]) => `| ${quoted([room])} | ${quoted(may) || 'nothing'} |`,
    )
    expect(tableUnder('May import', repositoryFile('docs/ARCHITECTURE.md'))).toEqual(rows)
  })

  test('was found at all', () => {
    expect(files.map(({ file }) => file)).toContain('src/domain/events/event.ts')
  })
})

function quoted(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ')
}

/** The rows of the table with a column of this name. */
function tableUnder(column: string, page: string): readonly string[] {
  const [, table = ''] = page.split(new RegExp(`^\\|.* ${column} \\|\n\\|[-|]+\n`, 'm'))
  return table.split('\n\n')[0]?.split('\n') ?? []
}

describe('a wrong direction is found', () => {
  test.each([
    ['src/domain/owner.ts', '../runtime/clock.ts'],
    ['src/runtime/clock.ts', '../domain/instant.ts'],
    ['src/documents/draft.ts', '../domain/signal.ts'],
    ['src/sqlite/database.ts', '../buffer/outbox.ts'],
    ['src/postgres/link.ts', '../routes/mes/codes.ts'],
    ['src/status/derive.ts', '../runtime/clock.ts'],
    ['src/scans/frames.ts', '../status/derive.ts'],
    ['src/drivers/modbus/driver.ts', '../../collector/roster.ts'],
    ['src/scanners/serial.ts', '../drivers/index.ts'],
    ['src/buffer/outbox.ts', '../gateway.ts'],
    ['src/routes/mes/route.ts', '../mqtt/route.ts'],
    ['src/routes/mes/route.ts', '../index.ts'],
    ['src/masterdata/cache.ts', '../routes/mes/codes.ts'],
    ['src/console/server.ts', '../uploader/upload.ts'],
    ['src/collector/collect-device.ts', '../drivers/index.ts'],
    ['src/uploader/upload.ts', '../routes/mes/route.ts'],
    ['src/config/load-config.ts', '../maps/map-store.ts'],
    ['src/config/gateway-schema.ts', '../buffer/outbox.ts'],
    ['src/config/gateway-schema.ts', '../drivers/modbus/settings.ts'],
    ['src/maps/map-store.ts', '../config/config.ts'],
    ['src/pipeline.ts', './buffer/outbox.ts'],
    ['src/gateway.ts', './commands/run.ts'],
    ['src/gateway/subjects.ts', '../commands/run.ts'],
    ['src/adoption/plan.ts', '../audit/expected-rows.ts'],
    ['src/audit/audit.ts', '../commands/buffer/site.ts'],
    ['src/demo/line.ts', '../gateway.ts'],
    ['src/commands/run.ts', '../main.ts'],
    ['src/commands/demo.ts', '../../simulators/line.ts'],
    ['src/main.ts', './gateway.ts'],
    ['src/main.ts', '../test/support/clock.ts'],
    ['simulators/press/press.ts', '../../src/domain/status.ts'],
  ])('%s importing %s', (file, path) => {
    expect(importFaults(file, `import { a } from '${path}'\n`)).toHaveLength(1)
  })
})

describe('a page may not have all of the gateway', () => {
  const FILE = 'console/src/pages/line/page.tsx'

  test.each([
    "import { lineShape } from '../../../../src/api/line/shapes.ts'",
    "import { type LineTile } from '../../../../src/api/line/shapes.ts'",
    "import type { TileFeed } from '../../../../src/api/line/tile-feed.ts'",
    "const { derive } = await import('../../../../src/status/derive.ts')",
  ])('not with %s', (text) => {
    expect(pageImportFaults(FILE, text)).toHaveLength(1)
  })

  test.each([
    "import type { LineTile } from '../../../../src/api/line/shapes.ts'",
    "import type {\n  MachineRow,\n} from '../../../../src/api/machine/row-shapes.ts'",
    "import type { Status } from '../../../../src/domain/status.ts'",
    "import { t } from '../../texts/catalogue.ts'",
  ])('but with %s', (text) => {
    expect(pageImportFaults(FILE, text)).toEqual([])
  })
})

describe('a right direction is let through', () => {
  test.each([
    ['src/sqlite/database.ts', '../domain/errors.ts'],
    ['src/uploader/upload.ts', '../domain/outbox.ts'],
    ['src/uploader/upload.ts', '../runtime/clock.ts'],
    ['src/uploader/upload.ts', './push.ts'],
    ['src/drivers/modbus/driver.ts', '../index.ts'],
    ['src/status/derive.ts', '../domain/instant.ts'],
    ['src/routes/mes/route.ts', '../../postgres/link.ts'],
    ['src/config/gateway-schema.ts', '../buffer/settings.ts'],
    ['src/config/gateway-schema.ts', '../routes/mes/settings.ts'],
    ['src/pipeline.ts', './status/derive.ts'],
    ['src/gateway.ts', './routes/mes/route.ts'],
    ['src/gateway.ts', './gateway/subjects.ts'],
    ['src/gateway/subjects.ts', '../pipeline.ts'],
    ['src/commands/run.ts', '../gateway.ts'],
    ['src/main.ts', './commands/command-line.ts'],
    ['simulators/press/press.ts', '../machine.ts'],
    ['src/buffer/outbox.ts', 'better-sqlite3'],
  ])('%s importing %s', (file, path) => {
    expect(importFaults(file, `import { a } from '${path}'\n`)).toEqual([])
  })
})

describe('an import is seen', () => {
  test.each([
    "import './a.ts'",
    "import a from './a.ts'",
    "import type { A } from './a.ts'",
    "import {\n  a,\n  type B,\n} from './a.ts'",
    "import * as all from './a.ts'",
    "export { a } from './a.ts'",
    "export * from './a.ts'",
    "const { a } = await import('./a.ts')",
    "type A = import('./a.ts').A",
  ])('%s', (text) => {
    expect(importedPaths(text)).toEqual(['./a.ts'])
  })

  test.each(["// import './a.ts'", "/*\nimport a from './a.ts'\n*/", "log('import it from here')"])(
    'but not in %s',
    (text) => {
      expect(importedPaths(text)).toEqual([])
    },
  )
})

describe('a forbidden word is found', () => {
  test.each([
    ['src/status/derive.ts', 'const now = Date.now()'],
    ['src/status/derive.ts', 'const at = new Date(wallMs)'],
    ['src/uploader/upload.ts', 'setTimeout(push, 1_000)'],
    ['src/uploader/upload.ts', 'const jitter = Math.random()'],
    ['src/domain/events/event.ts', 'performance.now()'],
    ['src/buffer/outbox.ts', 'process.exit(1)'],
    ['src/buffer/outbox.ts', `const text = \`\${process.pid}\``],
    ['src/drivers/modbus/driver.ts', 'await client.writeRegister(1, 2)'],
    ['src/drivers/modbus/driver.ts', 'client.writeFC16(1, 0, [1], done)'],
    ['src/drivers/opcua/driver.ts', 'await session.write(nodes)'],
    ['src/drivers/opcua/driver.ts', 'await session.writeSingleNode(node, value)'],
    ['src/drivers/opcua/driver.ts', 'await session.call(methods)'],
  ])('%s: %s', (file, text) => {
    expect(banFaults(file, text)).toHaveLength(1)
  })

  test.each([
    ['src/domain/instant.ts', 'return new Date(wallMs).toISOString()'],
    ['src/main.ts', 'process.exitCode = 2'],
    ['src/runtime/clock.ts', 'setTimeout(callback, ms)'],
    ['src/status/derive.ts', '// a Date would lie here'],
    ['src/status/derive.ts', "const word = 'Date'"],
    ['src/status/derive.ts', 'const wasUpDated = true'],
    ['src/drivers/modbus/driver.ts', 'socket.write(request)'],
    ['src/drivers/modbus/driver.ts', 'client.writeFC3(1, 0, 2, done)'],
  ])('but not in %s: %s', (file, text) => {
    expect(banFaults(file, text)).toEqual([])
  })
})
