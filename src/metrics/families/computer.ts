/** The computer under the gateway: this process, the disk, the clock, and certificates. Names that other programs have too are theirs. */
import { counter, type Family, gauge, seconds } from '../family.ts'
import type { GatewaySight } from '../sight.ts'

export const processFamilies: readonly Family<GatewaySight>[] = [
  counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of this process with all its threads.',
    read: ({ program }) => [[program.cpuS]],
  }),
  gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory that this process has.',
    read: ({ program }) => [[program.residentBytes]],
  }),
  gauge({
    name: 'process_open_fds',
    help: 'Files, sockets and ports that this process has open.',
    read: ({ program }) => [[program.openFiles]],
  }),
  gauge({
    name: 'process_threads',
    help: 'Threads of this program.',
    read: ({ program }) => [[program.threads]],
  }),
  gauge({
    name: 'millrace_heap_used_bytes',
    help: 'Memory that objects of the main thread take.',
    read: ({ program }) => [[program.heapUsedBytes]],
  }),
  gauge({
    name: 'millrace_heap_limit_bytes',
    help: 'How much that may become.',
    read: ({ program }) => [[program.heapLimitBytes]],
  }),
  gauge({
    name: 'millrace_event_loop_delay_seconds',
    help: 'How long a due task waited for the main thread within the last minute or two: the median, the 99th percentile and the longest.',
    labels: ['of'],
    read: ({ program: { loopDelay } }) => [
      ['median', seconds(loopDelay.medianMs)],
      ['p99', seconds(loopDelay.p99Ms)],
      ['longest', seconds(loopDelay.maxMs)],
    ],
  }),
]

export const diskFamilies: readonly Family<GatewaySight>[] = [
  counter({
    name: 'millrace_disk_written_bytes_total',
    help: 'Bytes that the gateway with all its threads really wrote to the disk since its start.',
    read: ({ flash }) => [[flash.startedBytes]],
  }),
  gauge({
    name: 'millrace_disk_written_ever_bytes',
    help: 'Bytes that it wrote since its data folder was first used, kept over restarts; a kill may cost those of ten minutes.',
    read: ({ flash }) => [[flash.totalBytes]],
  }),
  gauge({
    name: 'millrace_disk_written_day_bytes',
    help: 'Bytes that it wrote within the last 24 hours, kept over restarts.',
    read: ({ flash }) => [[flash.dayBytes]],
  }),
  gauge({
    name: 'millrace_disk_budget_day_bytes',
    help: 'What may be written within 24 hours, buffer.flash_budget; no sample where it is not set.',
    read: ({ flash }) => [[flash.budgetBytes]],
  }),
  gauge({
    name: 'millrace_data_file_bytes',
    help: 'What each database in the data folder takes.',
    labels: ['file'],
    read: ({ files }) => files.sizes.map(({ file, bytes }) => [file, bytes]),
  }),
  gauge({
    name: 'millrace_data_disk_free_bytes',
    help: 'What is free on the disk of the data folder.',
    read: ({ files }) => [[files.disk?.freeBytes]],
  }),
  gauge({
    name: 'millrace_data_disk_size_bytes',
    help: 'The size of that disk.',
    read: ({ files }) => [[files.disk?.sizeBytes]],
  }),
]

export const clockFamilies: readonly Family<GatewaySight>[] = [
  counter({
    name: 'millrace_clock_steps_total',
    help: 'How often the wall clock of this computer jumped by half a second or more since the start.',
    read: ({ clock }) => [[clock.steps]],
  }),
  gauge({
    name: 'millrace_clock_last_step_seconds',
    help: 'By how much the last jump moved it, forwards or back; no sample where there was none.',
    read: ({ clock }) => [[seconds(clock.lastStepMs)]],
  }),
  gauge({
    name: 'millrace_clock_synchronised',
    help: '1 where the time service of the system has synchronised the clock, 0 where it has not; no sample where none says so.',
    read: ({ clock: { isSynchronised } }) => [[isSynchronised === null ? null : Number(isSynchronised)]],
  }),
  gauge({
    name: 'millrace_clock_error_max_seconds',
    help: 'The most that the clock can be wrong by, as chrony calculates it; no sample where it does not run or has no source.',
    read: ({ clock }) => [[seconds(clock.errorMaxMs)]],
  }),
]

export const certificateFamilies: readonly Family<GatewaySight>[] = [
  gauge({
    name: 'millrace_certificate_expiry_timestamp_seconds',
    help: 'When a certificate ends that the gateway shows, trusts or was shown, in seconds since 1970.',
    labels: ['use', 'name'],
    read: ({ certificates }) => certificates.map(({ use, name, endsMs }) => [use, name, seconds(endsMs)]),
  }),
]
