/**
 * The catalogue of faults: 74 situations, each with what must come of it and the tests and campaigns that play it. The letter says whose
 * fault it is: A of a device or scanner, B of the process, C of the disk, D of the clock, E of the link to central, F of central, G of
 * identity, H of the configuration. A test names the faults that it plays by their ids, as in `[F2]`, in its title or beside it.
 */
export interface CataloguedFault {
  readonly id: string
  readonly fault: string
  /** What must come of it. */
  readonly expected: string
  /** Files from the root of the repository, each of which names the id. */
  readonly tests: readonly string[]
  /** Options of `npm run faults` that play it at length. */
  readonly campaign?: string
  /** What of it is not really played. */
  readonly beyond?: string
}

export const CATALOGUE: readonly CataloguedFault[] = [
  {
    id: 'A1',
    fault: 'an OPC UA link silent for seconds to minutes, the session kept',
    expected: 'values come by their sequence numbers; a gap only where the queue of the server was too short',
    tests: ['test/integration/drivers/opcua.test.ts', 'test/integration/drivers/opcua-repair.test.ts'],
  },
  {
    id: 'A2',
    fault: 'a PLC is restarted: session and subscription are gone',
    expected: 'a new session, read again; the gap is time that nobody saw',
    tests: ['test/integration/drivers/opcua.test.ts', 'test/faults/opcua-restarts.test.ts'],
    campaign: '--restarts',
  },
  {
    id: 'A3',
    fault: 'a republish that the server cannot answer',
    expected: 'the link ends and is made anew; no silent polling',
    tests: ['test/integration/drivers/opcua-repair.test.ts'],
  },
  {
    id: 'A4',
    fault: 'the queue of an OPC UA server overflows',
    expected: 'the value says that others before it are lost',
    tests: ['test/unit/drivers/opcua-decode.test.ts'],
    beyond: 'played on the status code alone: no simulated server overflows',
  },
  {
    id: 'A5',
    fault: 'bad or uncertain quality; a source time that is missing, past or future',
    expected: 'not known, never stopped; the time of arrival where the source is not believed',
    tests: ['test/integration/drivers/opcua.test.ts', 'test/integration/drivers/opcua-clock.test.ts'],
  },
  {
    id: 'A6',
    fault: 'a changed type, NaN, infinite numbers, 64-bit numbers, texts of megabytes',
    expected: 'the sample is bad and says why; every digit is kept',
    tests: [
      'test/integration/drivers/modbus-values.test.ts',
      'test/unit/drivers/opcua-decode.test.ts',
      'test/integration/drivers/opcua-limits.test.ts',
    ],
  },
  {
    id: 'A7',
    fault: 'nodes that are gone after a PLC was loaded anew',
    expected: 'one trouble, the machine not seen, others untouched, read again by itself',
    tests: ['test/integration/drivers/opcua-nodes.test.ts'],
  },
  {
    id: 'A8',
    fault: 'a Modbus answer after its time limit; transaction numbers that come round',
    expected: 'a late answer is never taken for another one',
    tests: ['test/integration/drivers/modbus.test.ts', 'test/faults/modbus.test.ts'],
    campaign: '--modbus-reads',
  },
  {
    id: 'A9',
    fault: 'Modbus answers cut short, of a false length, two at once, byte by byte',
    expected: 'parsed, or the connection ends; memory stays bounded',
    tests: [
      'test/integration/drivers/modbus-troubles.test.ts',
      'test/faults/wire.test.ts',
      'test/security/s11-parsers-bounded.test.ts',
    ],
    campaign: '--fuzz, --parsers',
  },
  {
    id: 'A10',
    fault: 'a counter that comes round or is reset',
    expected: 'no negative count, none counted twice',
    tests: ['test/unit/status/counters.test.ts'],
    beyond: 'a pure function of what was read; test/cases hold its rows',
  },
  {
    id: 'A11',
    fault: 'signals that chatter',
    expected: 'debounced; the log and central get few rows',
    tests: ['test/unit/status/derive.test.ts', 'test/integration/drivers/opcua-debounce.test.ts'],
  },
  {
    id: 'A12',
    fault: 'a PLC that answers while its program stands still',
    expected: 'the heartbeat is stale, the machine not seen',
    tests: ['test/integration/gateway/quality.test.ts', 'test/integration/drivers/opcua-frozen.test.ts'],
  },
  {
    id: 'A13',
    fault: 'scans without an end, split, merged, not UTF-8, with NULs and GS1 separators',
    expected: 'a bad one is refused, the next good one unharmed',
    tests: ['test/faults/frames.test.ts'],
    campaign: '--frames',
  },
  {
    id: 'A14',
    fault: 'a scanner that is unplugged, comes back under another name, reads twice',
    expected: 'found by its lasting id, nothing twice',
    tests: ['test/faults/replug.test.ts', 'test/integration/scanners/replug.test.ts'],
  },
  {
    id: 'A15',
    fault: 'a hostile OPC UA server',
    expected: 'limits are hit, the session is closed, memory bounded',
    tests: ['test/security/s11-parsers-bounded.test.ts', 'test/faults/wire.test.ts'],
    campaign: '--fuzz --wire opcua',
  },
  {
    id: 'B1',
    fault: 'SIGKILL at a random moment',
    expected: 'goes on from what was acknowledged',
    tests: ['test/faults/faults.test.ts', 'test/faults/buffer-kill.test.ts'],
    campaign: '--kills',
  },
  {
    id: 'B2',
    fault: 'SIGKILL at every call that reaches the disk, also with a torn write',
    expected: 'as B1',
    tests: ['test/faults/shim/calls.test.ts', 'test/faults/shim/put-back.test.ts'],
    campaign: '--calls',
  },
  {
    id: 'B3',
    fault: 'SIGSTOP for seconds, then SIGCONT',
    expected: 'no false status; what was not seen is not claimed',
    tests: ['test/faults/freezes.test.ts'],
    campaign: '--freezes',
  },
  {
    id: 'B4',
    fault: 'the kernel kills the process for its memory',
    expected: 'as B1, and no queue grows without bound',
    tests: ['test/faults/bounded-memory.test.ts', 'test/faults/flood.test.ts'],
    campaign: '--flood, --backlog',
    beyond: 'the kill itself is B1: the same signal',
  },
  {
    id: 'B5',
    fault: 'the main loop is blocked',
    expected: 'systemd hears nothing and restarts the gateway',
    tests: ['test/unit/runtime/service-manager.test.ts', 'test/packaging/packages.test.ts'],
  },
  {
    id: 'B6',
    fault: 'a mistake in one part or one driver',
    expected: 'that part is started again; others miss nothing',
    tests: [
      'test/e2e/last-net.test.ts',
      'test/unit/runtime/service.test.ts',
      'test/integration/gateway/troubled-devices.test.ts',
    ],
  },
  {
    id: 'B7',
    fault: 'SIGTERM during a poll, a commit, a push, a checkpoint',
    expected: 'ends within 5 s, nothing lost',
    tests: ['test/integration/gateway/stop.test.ts', 'test/e2e/stop.test.ts'],
  },
  {
    id: 'B8',
    fault: 'two processes on one data folder',
    expected: 'the second one ends and says why',
    tests: ['test/integration/buffer/instance-lock.test.ts', 'test/e2e/run.test.ts'],
  },
  {
    id: 'B9',
    fault: 'something on disk that makes each start fall',
    expected: 'set aside, and the gateway starts unattended',
    tests: [
      'test/faults/buffer-damage.test.ts',
      'test/faults/buffer-parts.test.ts',
      'test/faults/data-folder.test.ts',
      'test/faults/damage/damage.test.ts',
      'test/integration/gateway/taken-away.test.ts',
    ],
    campaign: '--damage',
  },
  {
    id: 'B10',
    fault: 'a kill during a migration; an older program on a newer log',
    expected: 'old or new, never half; the older program refuses',
    tests: [
      'test/integration/buffer/outbox.test.ts',
      'test/integration/buffer/earlier-versions.test.ts',
      'test/faults/buffer-disk.test.ts',
      'test/faults/shim/migration.test.ts',
    ],
  },
  {
    id: 'B11',
    fault: 'no file descriptor left',
    expected: 'degraded and said so, and recovers by itself',
    tests: ['test/faults/buffer-process.test.ts', 'test/faults/daemon-disk.test.ts'],
  },
  {
    id: 'C1',
    fault: 'a power cut',
    expected: 'what was acknowledged is there, the file is whole',
    tests: ['test/faults/power-cut/power-cut.test.ts'],
    campaign: '--power-cuts',
  },
  {
    id: 'C2',
    fault: 'a full disk at every write',
    expected: 'rolled back, tried again, nothing lost',
    tests: ['test/faults/buffer-disk.test.ts', 'test/faults/shim/calls.test.ts'],
    campaign: '--call-errors',
  },
  {
    id: 'C3',
    fault: 'a disk that stays full while central is away',
    expected: 'the reserve is used, what waits is never overwritten, and it goes on by itself',
    tests: [
      'test/e2e/full-disk.test.ts',
      'test/faults/buffer-disk.test.ts',
      'test/faults/adopt-full-disk.test.ts',
    ],
    beyond: 'the length of three days is simulated only',
  },
  {
    id: 'C4',
    fault: 'a write or sync that fails with EIO',
    expected: 'the file is opened anew, never synced again and believed',
    tests: [
      'test/faults/buffer-disk.test.ts',
      'test/faults/shim/calls.test.ts',
      'test/faults/shim/put-back.test.ts',
    ],
    campaign: '--call-errors',
  },
  {
    id: 'C5',
    fault: 'a read that fails with EIO',
    expected: 'tried again, nothing lost, nothing set aside for good',
    tests: ['test/faults/shim/calls.test.ts'],
    campaign: '--read-errors',
  },
  {
    id: 'C6',
    fault: 'a changed bit, byte, sector or page',
    expected: 'found by its hash; whole events are salvaged, the rest is named',
    tests: ['test/faults/damage/damage.test.ts', 'test/faults/buffer-damage.test.ts'],
    campaign: '--damage',
  },
  {
    id: 'C7',
    fault:
      'a part of the log (file, write-ahead log, index) deleted, cut, of another log or of another state of this one, or a folder or link',
    expected:
      'starts; nothing of another log gets into this one; what the parts hold is salvaged, and what is missing is said',
    tests: [
      'test/faults/buffer-damage.test.ts',
      'test/faults/buffer-parts.test.ts',
      'test/faults/foreign-write-ahead.test.ts',
      'test/faults/data-folder.test.ts',
      'test/faults/damage/damage.test.ts',
      'test/faults/damage/older-copy.test.ts',
    ],
    campaign: '--damage',
  },
  {
    id: 'C8',
    fault: 'a file system that becomes read-only',
    expected: 'said, waits, goes on when it may write',
    tests: ['test/faults/shim/calls.test.ts', 'test/faults/daemon-disk.test.ts'],
    campaign: '--call-errors',
  },
  {
    id: 'C9',
    fault: 'a sync, or a read, that takes long',
    expected: 'polling keeps its schedule',
    tests: [
      'test/faults/daemon-disk.test.ts',
      'test/faults/daemon-slow-writes.test.ts',
      'test/faults/daemon-slow-reads.test.ts',
      'test/faults/daemon-at-rest.test.ts',
      'test/integration/gateway/stop.test.ts',
    ],
    beyond:
      'reads that ARCHITECTURE.md names: of the program’s own code when it is first used, of the store of OPC UA when a device is connected, and what a start reads',
  },
  {
    id: 'C10',
    fault: 'a disk that lies about its syncs',
    expected: 'seen at the next start: central is ahead; fenced until somebody decides',
    tests: ['test/faults/power-cut/power-cut.test.ts', 'test/integration/commands/buffer-adopt.test.ts'],
  },
  {
    id: 'C11',
    fault: 'a reader that holds the write-ahead log',
    expected: 'named, counted, blocked at the bound',
    tests: ['test/faults/buffer-held-open.test.ts'],
  },
  {
    id: 'C12',
    fault: 'power off of the whole computer',
    expected: 'as C1, names of files included',
    tests: ['test/faults/power-cut/power-cut.test.ts'],
    campaign: '--power-cuts',
    beyond: 'played from recorded writes, names of files included; no virtual machine is switched off',
  },
  {
    id: 'D1',
    fault: 'the wall clock is set by hours, days, years',
    expected: 'durations by the monotonic clock, order kept',
    tests: ['test/faults/clock.test.ts', 'test/unit/status/clocks.test.ts', 'test/days/days.test.ts'],
  },
  {
    id: 'D2',
    fault: 'a start in 1970 or at the last saved time, the right time later',
    expected: 'rows are moved onto the right time',
    tests: ['test/unit/status/no-battery.test.ts', 'test/faults/clock.test.ts'],
  },
  {
    id: 'D3',
    fault: 'a clock that is turned slowly; a computer that sleeps',
    expected: 'order kept; sleep is not seen',
    tests: ['test/unit/metrics/clock-watch.test.ts', 'test/faults/freezes.test.ts'],
    beyond: 'sleep of the whole computer is played as a stop of the process',
  },
  {
    id: 'D4',
    fault: 'summer time, another zone, a leap second',
    expected: 'UTC in all rows; days of 23 and 25 hours come out right',
    tests: [
      'test/unit/masterdata/shifts/shift-end.test.ts',
      'test/unit/masterdata/shifts/planned-turns.test.ts',
    ],
    beyond: 'a leap second is a step of the clock: D1',
  },
  {
    id: 'D5',
    fault: 'the clock of a PLC a day off',
    expected: 'never used for order',
    tests: ['test/integration/drivers/opcua-clock.test.ts', 'test/integration/drivers/opcua.test.ts'],
  },
  {
    id: 'D6',
    fault: 'a jump of the clock makes certificates invalid',
    expected: 'waits and says so; trust is never passed over',
    tests: ['test/security/s28-fails-safe.test.ts', 'test/integration/drivers/own-certificate.test.ts'],
  },
  {
    id: 'E1',
    fault: 'central away for weeks',
    expected:
      'everything waits, up to the bound of the log; then sources wait. It drains oldest first: what happens meanwhile is stored here at once, and is in central behind the backlog',
    tests: [
      'test/faults/faults.test.ts',
      'test/faults/away.test.ts',
      'test/integration/buffer/consumers.test.ts',
    ],
    campaign: '--stops, --backlog, --away',
    beyond:
      'a log of 8 GB, which 20 machines with an event a second each fill within weeks: one of 1 GB was played',
  },
  {
    id: 'E2',
    fault: 'a COMMIT that was done, the answer lost',
    expected: 'read again, not doubled',
    tests: [
      'test/faults/central/link.test.ts',
      'test/faults/faults.test.ts',
      'test/integration/mes/session.test.ts',
    ],
    campaign: '--cuts',
  },
  {
    id: 'E3',
    fault: 'a COMMIT that arrives after the gateway has connected again',
    expected: 'exactly one of the two counts',
    tests: ['test/faults/central/link.test.ts'],
  },
  {
    id: 'E4',
    fault: 'a link of which the other end is gone',
    expected: 'noticed within 30 s, at rest and in a batch',
    tests: ['test/faults/central/link.test.ts'],
  },
  {
    id: 'E5',
    fault: 'resets in the middle of batches',
    expected: 'progress, nothing doubled',
    tests: ['test/faults/central/link.test.ts'],
    campaign: '--cuts',
  },
  {
    id: 'E6',
    fault: 'a slow, late link',
    expected: 'smaller batches, progress',
    tests: ['test/faults/central/link.test.ts'],
    beyond: 'loss of packets is TCP’s own, and shows as delay',
  },
  {
    id: 'E7',
    fault: 'a wrong name, a wrong host, another protocol on the port',
    expected: 'refused, said, nothing sent',
    tests: ['test/security/s01-central-by-tls.test.ts', 'test/integration/mes/hostile-server.test.ts'],
  },
  {
    id: 'E8',
    fault: 'a certificate that is expired, of a wrong authority, a downgrade',
    expected: 'refused, waits, said',
    tests: ['test/security/s01-central-by-tls.test.ts', 'test/integration/mes/tls.test.ts'],
  },
  {
    id: 'F1',
    fault: 'PostgreSQL stops at once in a commit',
    expected: 'as E2',
    tests: ['test/faults/central/server.test.ts'],
    campaign: '--stops',
  },
  {
    id: 'F2',
    fault: 'a standby that lacks the last batches is promoted',
    expected: 'sent again from where it stands',
    tests: ['test/faults/promotion/promotion.test.ts'],
    campaign: '--promotions',
  },
  {
    id: 'F3',
    fault: 'a restore to an earlier moment, from an archive',
    expected: 'as F2, out of what is retained',
    tests: ['test/faults/central/recovery.test.ts', 'test/integration/mes/failover.test.ts'],
    campaign: '--restores',
  },
  {
    id: 'F4',
    fault: 'a restore that changes no timeline',
    expected: 'as F2',
    tests: ['test/faults/faults.test.ts', 'test/integration/mes/drills.test.ts'],
    campaign: '--restores',
  },
  {
    id: 'F5',
    fault: 'a restore to before what is retained',
    expected: 'the exact gap, loudly',
    tests: ['test/unit/uploader/upload.test.ts', 'test/faults/central/recovery.test.ts'],
  },
  {
    id: 'F6',
    fault: 'the old primary comes back and takes writes',
    expected: 'one of the two gets events, and it is the newer one',
    tests: ['test/integration/mes/failover.test.ts'],
  },
  {
    id: 'F7',
    fault: 'read-only, no disk, no connections, starting',
    expected: 'waits, drops nothing, sets nothing aside',
    tests: ['test/faults/central/server.test.ts'],
  },
  {
    id: 'F8',
    fault: 'deadlocks, serialization, locks, a transaction that nobody ends',
    expected: 'gives way, and goes on when it is free',
    tests: ['test/faults/central/server.test.ts', 'test/faults/central/link.test.ts'],
  },
  {
    id: 'F9',
    fault: 'a row that central cannot take',
    expected: 'set aside in the same transaction, its number used',
    tests: ['test/integration/mes/apply.test.ts', 'test/integration/mes/blame.test.ts'],
  },
  {
    id: 'F10',
    fault: 'a column gone or new, another version on either side',
    expected: 'the batch waits as a whole, said with the remedy',
    tests: ['test/integration/mes/apply.test.ts', 'test/integration/takeover/quarantine.test.ts'],
  },
  {
    id: 'F11',
    fault: 'late rows into compressed or removed chunks',
    expected: 'landed or set aside',
    tests: ['test/integration/mes/timescale.test.ts'],
    beyond: 'only where MILLRACE_TEST_TIMESCALE names a server',
  },
  {
    id: 'F12',
    fault: 'somebody deletes or edits the row of the stream',
    expected: 'fenced; nothing is sent blindly',
    tests: ['test/integration/commands/buffer-adopt.test.ts', 'test/unit/uploader/resync.test.ts'],
  },
  {
    id: 'F13',
    fault: 'a commit that did not wait for its standby',
    expected: 'what is acknowledged is kept for a refill',
    tests: ['test/integration/mes/standby.test.ts'],
  },
  {
    id: 'G1',
    fault: 'a card is cloned',
    expected: 'the second one is fenced by its first push',
    tests: ['test/integration/commands/buffer-adopt.test.ts', 'test/security/s04-copied-gateway.test.ts'],
  },
  {
    id: 'G2',
    fault: 'an old image of the card is put back',
    expected: 'fenced until somebody decides; no number twice',
    tests: ['test/integration/commands/buffer-adopt.test.ts', 'test/faults/damage/older-copy.test.ts'],
  },
  {
    id: 'G3',
    fault: 'a login used from another computer',
    expected: 'fenced, or refused where the key cannot be copied',
    tests: ['test/security/s04-copied-gateway.test.ts', 'test/security/s03-own-key.test.ts'],
  },
  {
    id: 'G4',
    fault: 'a login is renewed or revoked',
    expected: 'the old or the new one works; revoked within a minute',
    tests: ['test/integration/enrolment/enrol.test.ts', 'test/security/s05-revoked-login.test.ts'],
  },
  {
    id: 'G5',
    fault: 'rows for another organization',
    expected: 'refused by the database',
    tests: ['test/integration/mes/isolation.test.ts', 'test/security/s14-row-security.test.ts'],
  },
  {
    id: 'H1',
    fault: 'a configuration that is wrong, cut off or hostile',
    expected: 'the last good one stays in force',
    tests: [
      'test/unit/maps/map-store.test.ts',
      'test/e2e/reload.test.ts',
      'test/unit/config/broken-config.test.ts',
      'test/unit/documents/hostile-files.test.ts',
    ],
  },
  {
    id: 'H2',
    fault: 'one machine on two gateways',
    expected: 'said on both; of a pair, one writes',
    tests: ['test/integration/gateway/whose-machine.test.ts', 'test/integration/mes/pair-lease.test.ts'],
    campaign: '--pairs',
  },
  {
    id: 'H3',
    fault: 'a machine is removed or renamed in a stop',
    expected: 'its rows end',
    tests: ['test/integration/gateway/whose-machine.test.ts', 'test/integration/gateway/edited-maps.test.ts'],
  },
  {
    id: 'H4',
    fault: 'a map is changed while rows wait',
    expected: 'rows are as they were derived; they name their rule',
    tests: [
      'test/integration/buffer/earlier-versions.test.ts',
      'test/integration/gateway/saved-again.test.ts',
    ],
  },
]
