/** The gateway as a whole: what it is, how it is, and what is wrong. */
import { troublesOf } from '../../console/report.ts'
import type { Trouble } from '../../domain/health.ts'
import { isMachine } from '../../domain/owner.ts'
import { type Family, gauge, seconds } from '../family.ts'
import type { GatewaySight } from '../sight.ts'

export const gatewayFamilies: readonly Family<GatewaySight>[] = [
  gauge({
    name: 'millrace_build_info',
    help: 'Always 1: which gateway this is, and which version of the program it runs.',
    labels: ['gateway', 'version'],
    read: ({ report: { gateway, version } }) => [[gateway, version, 1]],
  }),
  gauge({
    name: 'millrace_start_timestamp_seconds',
    help: 'When the gateway was started, in seconds since 1970.',
    read: ({ report }) => [[seconds(report.startedAtMs)]],
  }),
  gauge({
    name: 'millrace_healthy',
    help: '1 while nothing is wrong, as /health says it; 0 while anything is.',
    read: ({ report }) => [[troublesOf(report).length === 0 ? 1 : 0]],
  }),
  gauge({
    name: 'millrace_ready',
    help: '1 once the device maps are loaded and while the local log takes events, as /health/ready says it.',
    read: ({ isReady }) => [[isReady ? 1 : 0]],
  }),
  gauge({
    name: 'millrace_troubles',
    help: 'What is wrong now, by its code and by the device, scanner or machine that it is about; there is no sample once it is over.',
    labels: ['code', 'about'],
    read: ({ report }) => countedTroubles(troublesOf(report)),
  }),
  gauge({
    name: 'millrace_maps',
    help: 'Device maps in force.',
    labels: ['kind'],
    read: ({ report }) => {
      const { inForce } = report.maps.summary
      const machines = inForce.filter(({ owner }) => isMachine(owner)).length
      return [
        ['machine', machines],
        ['station', inForce.length - machines],
      ]
    },
  }),
  gauge({
    name: 'millrace_maps_with_faults',
    help: 'Device maps whose file has faults, while an earlier version of it is in force.',
    read: ({ report }) => [[report.maps.summary.inForce.filter(({ faults }) => faults.length > 0).length]],
  }),
  gauge({
    name: 'millrace_masterdata_age_seconds',
    help: 'How long ago badges were last read from central; no sample where they never were, or nobody needs them.',
    read: ({ report: { usersReadAtMs, nowMs } }) => [
      [usersReadAtMs === null ? null : seconds(Math.max(0, nowMs - usersReadAtMs))],
    ],
  }),
]

function countedTroubles(troubles: readonly Trouble[]): readonly (readonly [string, string, number])[] {
  const counted = new Map<string, [string, string, number]>()
  for (const { code, device, scanner, machine } of troubles) {
    const about = device ?? scanner ?? machine ?? ''
    const known = counted.get(`${code} ${about}`)
    if (known) known[2] += 1
    else counted.set(`${code} ${about}`, [code, about, 1])
  }
  return [...counted.values()]
}
