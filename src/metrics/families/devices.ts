/** The links to devices and scanners: whether they stand, how often they broke, and how well they are read. */
import type { Durations } from '../../domain/durations.ts'
import type { DeviceHealth, ScannerHealth } from '../../domain/health.ts'
import { counter, type Family, gauge, histogram, seconds } from '../family.ts'
import type { GatewaySight } from '../sight.ts'

type OfDevice = (device: DeviceHealth, nowMs: number) => number | null
type OfScanner = (scanner: ScannerHealth) => number

export const deviceFamilies: readonly Family<GatewaySight>[] = [
  gauge({
    name: 'millrace_device_up',
    help: '1 while the device is connected and something comes from it; 0 else.',
    ...perDevice(({ state }) => (state === 'connected' ? 1 : 0)),
  }),
  gauge({
    name: 'millrace_device_state_timestamp_seconds',
    help: 'When the link to the device got into its present state, in seconds since 1970.',
    ...perDevice(({ sinceMs }) => seconds(sinceMs)),
  }),
  gauge({
    name: 'millrace_device_contact_age_seconds',
    help: 'How long ago the device was last in contact; no sample where it never was.',
    ...perDevice(({ lastContactMs }, nowMs) =>
      lastContactMs === null ? null : seconds(Math.max(0, nowMs - lastContactMs)),
    ),
  }),
  gauge({
    name: 'millrace_device_signals_not_good',
    help: 'Signals of a connected device that are not good now.',
    ...perDevice(({ signals }) => signals.length),
  }),
  counter({
    name: 'millrace_device_readings_total',
    help: 'Readings of the device that came, also those in which nothing had changed.',
    ...perDevice(({ counts }) => counts.readings),
  }),
  counter({
    name: 'millrace_device_link_changes_total',
    help: 'How often the link to the device came up or was lost.',
    ...perDevice(({ counts }) => counts.linkChanges),
  }),
  counter({
    name: 'millrace_device_failures_total',
    help: 'Attempts to make contact with the device or to read it that ended without an answer.',
    ...perDevice(({ counts }) => counts.failures),
  }),
  counter({
    name: 'millrace_device_bad_values_total',
    help: 'Values of the device that came and were not good.',
    ...perDevice(({ counts }) => counts.badValues),
  }),
  counter({
    name: 'millrace_device_polls_skipped_total',
    help: 'Polls of the device that were left out because the one before took too long.',
    ...perDevice(({ counts }) => counts.skippedPolls),
  }),
  counter({
    name: 'millrace_device_polls_overslept_total',
    help: 'Polls of the device that were left out because the gateway stood still or had too much to do.',
    ...perDevice(({ counts }) => counts.oversleptPolls),
  }),
  counter({
    name: 'millrace_device_poll_lateness_seconds_total',
    help: 'How long after its moment each poll of the device began, added up.',
    ...perDevice(({ counts }) => seconds(counts.pollLateness.sumMs)),
  }),
  histogram({
    name: 'millrace_poll_lateness_seconds',
    help: 'How long after its moment a poll began, over all devices that are polled.',
    read: ({ report }) => [[together(report.devices.summary.map(({ counts }) => counts.pollLateness))]],
  }),
]

export const scannerFamilies: readonly Family<GatewaySight>[] = [
  gauge({
    name: 'millrace_scanner_up',
    help: '1 while the port of the scanner is open; 0 else.',
    ...perScanner(({ state }) => (state === 'connected' ? 1 : 0)),
  }),
  counter({
    name: 'millrace_scanner_scans_total',
    help: 'Scans that were answered: good ones are stored, bad ones are not.',
    labels: ['scanner', 'verdict'],
    read: ({ report }) =>
      report.scanners.summary.flatMap(({ scanner, counts }) => [
        [scanner, 'good', counts.good] as const,
        [scanner, 'bad', counts.bad] as const,
      ]),
  }),
  counter({
    name: 'millrace_scanner_late_answers_total',
    help: 'Answers that went out later than 150 ms after the scan.',
    ...perScanner(({ counts }) => counts.late),
  }),
  counter({
    name: 'millrace_scanner_unsent_answers_total',
    help: 'Answers that did not reach the scanner.',
    ...perScanner(({ counts }) => counts.unsent),
  }),
  counter({
    name: 'millrace_scanner_discarded_bytes_total',
    help: 'Bytes from the scanner that were no scan.',
    ...perScanner(({ counts }) => counts.discardedBytes),
  }),
  histogram({
    name: 'millrace_scan_answer_seconds',
    help: 'From the last byte of a scan to its answer, over all scanners.',
    read: ({ report }) => [[together(report.scanners.summary.map(({ answerTimes }) => answerTimes))]],
  }),
  gauge({
    name: 'millrace_station_held_scans',
    help: 'Scans at the station that wait for what belongs to them: a badge, a work order, the rest of a label.',
    labels: ['station'],
    read: ({ report }) => report.stations.map(({ summary: { station, held } }) => [station, held]),
  }),
]

function perDevice(value: OfDevice) {
  return {
    labels: ['device'],
    read: ({ report: { devices, nowMs } }: GatewaySight) =>
      devices.summary.map((one) => [one.device, value(one, nowMs)] as const),
  }
}

function perScanner(value: OfScanner) {
  return {
    labels: ['scanner'],
    read: ({ report }: GatewaySight) =>
      report.scanners.summary.map((one) => [one.scanner, value(one)] as const),
  }
}

/** All of them have the same buckets. Null where there are none. */
function together(all: readonly Durations[]): Durations | null {
  const [first] = all
  if (!first) return null
  const counts = first.counts.map((_, bucket) => all.reduce((sum, one) => sum + (one.counts[bucket] ?? 0), 0))
  return { boundsMs: first.boundsMs, counts, sumMs: all.reduce((sum, { sumMs }) => sum + sumMs, 0) }
}
