/** The machines, as their rows say. */
import { type Family, gauge, seconds } from '../family.ts'
import type { GatewaySight } from '../sight.ts'

export const machineFamilies: readonly Family<GatewaySight>[] = [
  gauge({
    name: 'millrace_machine_status',
    help: 'Always 1: the status that the machine shows now; no sample while it was never seen.',
    labels: ['machine', 'status'],
    read: ({ report }) =>
      report.machines.flatMap(({ summary: { machine, status } }) =>
        status === null ? [] : [[machine, status, 1] as const],
      ),
  }),
  gauge({
    name: 'millrace_machine_status_timestamp_seconds',
    help: 'When the machine got into its status, in seconds since 1970.',
    labels: ['machine'],
    read: ({ report }) =>
      report.machines.map(({ summary: { machine, sinceMs } }) => [machine, seconds(sinceMs)]),
  }),
  gauge({
    name: 'millrace_machine_data_age_seconds',
    help: 'How long ago everything that decides the status of the machine was last seen.',
    labels: ['machine'],
    read: ({ report: { machines, nowMs } }) =>
      machines.map(({ summary: { machine, lastSeenMs } }) => [
        machine,
        lastSeenMs === null ? null : seconds(Math.max(0, nowMs - lastSeenMs)),
      ]),
  }),
  gauge({
    name: 'millrace_machine_shadow',
    help: 'Always 1: the machine is in shadow, so that nothing of it is stored or leaves the gateway.',
    labels: ['machine'],
    read: ({ report }) =>
      report.machines.flatMap(({ summary: { machine, shadowSinceMs } }) =>
        shadowSinceMs === undefined ? [] : [[machine, 1] as const],
      ),
  }),
]
