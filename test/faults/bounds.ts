/**
 * What may grow, and how far: each bound has a name in the code, and a test that comes up to it and says so beside it, as in
 * `Bound: WAITING_MAX`.
 */
export interface Bound {
  readonly what: string
  readonly limit: string
  /** What happens there. */
  readonly reached: string
  /** Its name, and the file that declares it. */
  readonly name: string
  readonly file: string
  readonly test: string
}

export const BOUNDS: readonly Bound[] = [
  {
    what: 'Entries that wait for the disk',
    limit: '10,000',
    reached: 'sources wait',
    name: 'UNCOMMITTED_MAX',
    file: 'src/pipeline.ts',
    test: 'test/unit/pipeline-crowded.test.ts',
  },
  {
    what: 'Readings of a device that wait',
    limit: '10,000',
    reached: 'the link ends, none is dropped',
    name: 'READINGS_MAX',
    file: 'src/drivers/shared/reading-queue.ts',
    test: 'test/unit/drivers/reading-queue.test.ts',
  },
  {
    what: 'Scans of a port that wait',
    limit: '256',
    reached: 'the port is held back',
    name: 'ITEMS_MAX',
    file: 'src/scanners/item-queue.ts',
    test: 'test/unit/scanners/item-queue.test.ts',
  },
  {
    what: 'One scan',
    limit: '4,096 bytes',
    reached: 'refused, the next one is read',
    name: 'SCAN_MAX_BYTES',
    file: 'src/scanners/framing/frame-ends.ts',
    test: 'test/faults/frames.test.ts',
  },
  {
    what: 'The local log',
    limit: '`buffer.max_size`, 8 GB',
    reached: 'delivered events go early, then sources wait',
    name: 'maxBytes',
    file: 'src/buffer/settings.ts',
    test: 'test/integration/buffer/retention.test.ts',
  },
  {
    what: 'Its write-ahead log, once nobody holds it',
    limit: '16 MB',
    reached: 'cut back',
    name: 'WAL_BYTES_MAX',
    file: 'src/sqlite/database.ts',
    test: 'test/faults/buffer-held-open.test.ts',
  },
  {
    what: 'Statements that a connection to a file keeps prepared',
    limit: '200',
    reached: 'the oldest is forgotten',
    name: 'STATEMENTS_MAX',
    file: 'src/sqlite/statements.ts',
    test: 'test/unit/sqlite/statements.test.ts',
  },
  {
    what: 'Events of one batch',
    limit: '`batch.rows`, and half after each failure',
    reached: 'the next batch',
    name: 'ROWS_MIN',
    file: 'src/uploader/batches.ts',
    test: 'test/faults/central/link.test.ts',
  },
  {
    what: 'One answer of PostgreSQL',
    limit: '128 MiB',
    reached: 'the link ends',
    name: 'ANSWER_BYTES_MAX',
    file: 'src/postgres/guard.ts',
    test: 'test/integration/mes/hostile-server.test.ts',
  },
  {
    what: 'Warnings of PostgreSQL in the log',
    limit: '20 texts',
    reached: 'counted',
    name: 'TEXTS_MAX',
    file: 'src/postgres/server-warnings.ts',
    test: 'test/unit/postgres/server-warnings.test.ts',
  },
  {
    what: 'Log lines that nobody reads',
    limit: '1,000,000 characters',
    reached: 'counted, and told later',
    name: 'WAITING_MAX_CHARACTERS',
    file: 'src/runtime/outlet.ts',
    test: 'test/unit/runtime/outlet.test.ts',
  },
  {
    what: 'Kinds of log lines that are remembered',
    limit: '1,000',
    reached: 'the oldest is forgotten',
    name: 'KINDS_MAX',
    file: 'src/runtime/repeats.ts',
    test: 'test/unit/runtime/repeats.test.ts',
  },
  {
    what: 'Lines of one trouble',
    limit: 'one, then one after a minute and up to an hour',
    reached: 'counted',
    name: 'PAUSE_MAX_MS',
    file: 'src/runtime/repeats.ts',
    test: 'test/unit/runtime/repeats.test.ts',
  },
  {
    what: 'Connections to the console',
    limit: '64',
    reached: 'the oldest without a request is closed',
    name: 'CONNECTIONS_MAX',
    file: 'src/console/connections.ts',
    test: 'test/integration/console/console.test.ts',
  },
  {
    what: 'Streams of pages',
    limit: '40',
    reached: 'told to come back',
    name: 'STREAMS_MAX',
    file: 'src/console/event-streams.ts',
    test: 'test/integration/console/streams.test.ts',
  },
  {
    what: 'Messages to a broker on their way',
    limit: '100',
    reached: 'the next ones wait',
    name: 'IN_FLIGHT_MAX',
    file: 'src/mqtt/connection.ts',
    test: 'test/integration/mqtt/broker-connection.test.ts',
  },
  {
    what: 'The recording of what moved the machines',
    limit: '`recording.max_size`, 512 MB',
    reached: 'the oldest hours go',
    name: 'maxBytes',
    file: 'src/recording/settings.ts',
    test: 'test/unit/recording/recording-file.test.ts',
  },
  {
    what: 'Pieces of a recording that wait to become one',
    limit: '64, or 1 MB',
    reached: 'they are joined for good',
    name: 'JOINED_BYTES_MAX',
    file: 'src/recording/file/store.ts',
    test: 'test/unit/recording/recording-file.test.ts',
  },
  {
    what: 'A stop',
    limit: '5 s',
    reached: 'what is left is told, and the process ends',
    name: 'STOP_MAX_MS',
    file: 'src/runtime/budget.ts',
    test: 'test/unit/runtime/budget.test.ts',
  },
  {
    what: 'The audit trail',
    limit: '100,000 records, 64 MiB',
    reached: 'the oldest are cut, which it says',
    name: 'BOUNDS',
    file: 'src/audit-trail/trail-file.ts',
    test: 'test/integration/audit-trail/verify.test.ts',
  },
]
