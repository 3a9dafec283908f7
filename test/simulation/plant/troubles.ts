/** Lets the faults of a life happen: each at moments of its own, until everything is healed. */
import type { Random } from '../random.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { Server } from './centrals.ts'
import type { Computer } from './computer.ts'
import type { PlantGateway } from './gateway.ts'
import type { Gun } from './gun.ts'
import { type LogDisk, SOUND } from './log-disk.ts'
import { WITH_HEART } from './machines.ts'
import type { LinkState, Plc } from './plc.ts'
import type { Fault } from './swarm.ts'

export interface Stage {
  readonly time: VirtualTime
  readonly computer: Computer
  readonly stream: (name: string) => Random
  readonly disk: LogDisk
  readonly servers: readonly Server[]
  readonly plcs: ReadonlyMap<string, Plc>
  readonly gun: Gun
  readonly gateway: PlantGateway
  readonly faults: ReadonlySet<Fault>
  /** The only machine whose device has faults; without it each may. */
  readonly victim?: string | undefined
  /** A fault strikes now. */
  readonly met: (fault: Fault) => void
}

const YEAR_MS = 365 * 86_400_000
/** Longer than the oldest state that a server is put back to. */
const RETENTION_MS = 60_000

/** @returns the way to heal everything */
export function letHappen(stage: Stage): () => void {
  const { time, faults, met, stream } = stage
  let isOver = false
  const heals: (() => void)[] = []

  /** Again and again, at moments that are the same whatever other faults there are. */
  function often(
    fault: Fault,
    [low, high]: readonly [number, number],
    strike: (random: Random) => void,
  ): void {
    if (!faults.has(fault)) return
    const random = stream(fault)
    const next = () =>
      time.after(random.between(low, high), () => {
        if (isOver) return
        met(fault)
        strike(random)
        next()
      })
    next()
  }

  /** For a while, again and again. */
  function periods(
    fault: Fault,
    lengths: readonly [number, number],
    begin: (random: Random) => () => void,
    every: readonly [number, number] = [5_000, 90_000],
  ): void {
    often(fault, every, (random) => {
      const end = begin(random)
      heals.push(end)
      time.after(random.between(...lengths), end)
    })
  }

  processes(stage, often)
  disks(stage, periods, often)
  centrals(stage, often)
  devices(stage, periods)
  clocks(stage, often)
  return () => {
    isOver = true
    for (const heal of heals) heal()
  }
}

type Often = (fault: Fault, every: readonly [number, number], strike: (random: Random) => void) => void
type Periods = (
  fault: Fault,
  lengths: readonly [number, number],
  begin: (random: Random) => () => void,
  every?: readonly [number, number],
) => void

function processes({ time, gateway, computer, faults, met }: Stage, often: Often): void {
  const again = (ms: number) => time.after(ms, () => gateway.start())
  often('kills', [3_000, 90_000], (random) => {
    gateway.kill()
    again(random.pick([300, 1_000, 5_000, 40_000]))
  })
  often('power cuts', [20_000, 200_000], (random) => {
    if (faults.has('no battery')) met('no battery')
    gateway.cutPower()
    // A computer without a battery begins in 1970, and is told the time a little later.
    if (faults.has('no battery')) {
      computer.setWrongBy(-computer.now().wallMs + computer.wrongByMs)
      time.after(random.between(20_000, 90_000), () => computer.setWrongBy(0))
    }
    again(random.between(15_000, 60_000))
  })
  often('stops', [10_000, 120_000], (random) => {
    gateway.stop()
    again(random.between(5_000, 20_000))
  })
  often('stalls', [20_000, 150_000], (random) => gateway.pause(random.pick([1_000, 12_000, 60_000, 150_000])))
}

function disks({ time, disk, servers }: Stage, periods: Periods, often: Often): void {
  const change = (weather: Partial<typeof SOUND>) => {
    disk.weather = { ...disk.weather, ...weather }
  }
  periods('full disk', [1_000, 60_000], () => {
    change({ isFull: true })
    return () => change({ isFull: false })
  })
  periods('disk errors', [1_000, 30_000], (random) => {
    change({ errors: random.pick([0.2, 0.7]) })
    return () => change({ errors: 0 })
  })
  periods('slow syncs', [1_000, 40_000], (random) => {
    change({ syncMs: random.pick([[200, 2_000] as const, [5_000, 12_000] as const]) })
    return () => change({ syncMs: SOUND.syncMs })
  })
  often('retention', [10_000, 30_000], () => {
    // It is much longer than anybody takes to notice that a server was put back, and counts from when the last one has them.
    const acked = Math.min(...servers.map(({ route }) => disk.cursor(route.name)))
    time.after(RETENTION_MS, () => {
      const isPutBack = servers.some(
        ({ restoredAt, central }) =>
          time.now().monoMs - restoredAt < 2 * RETENTION_MS || (central.database.stream?.seq ?? 0) < acked,
      )
      if (!isPutBack) disk.prune(acked)
    })
  })
}

function centrals({ servers }: Stage, often: Often): void {
  const weathers = [
    'cut links to central',
    'answers that never come',
    'unknown commits',
    'outages',
    'refusals',
    'conflicts',
    'no connections left',
  ] as const
  for (const fault of weathers) often(fault, [3_000, 30_000], (random) => random.pick(servers).change())
  often('restores', [30_000, 150_000], (random) =>
    random.pick(servers).restore(random.between(2_000, 45_000)),
  )
  often('failovers', [15_000, 100_000], (random) => random.pick(servers).restore(random.between(0, 3_000)))
}

function devices({ plcs, gun, victim }: Stage, periods: Periods): void {
  const all = [...plcs.values()].filter(({ code }) => victim === undefined || code === victim)
  const hearts = all.filter(({ code }) => WITH_HEART.includes(code))
  const linked = (
    fault: Fault,
    lengths: readonly [number, number],
    states: readonly LinkState[],
    some = all,
  ) =>
    periods(fault, lengths, (random) => {
      const plc = random.pick(some)
      if (plc.link !== 'up') return () => {}
      const state = random.pick(states)
      plc.become(state)
      return () => plc.link === state && plc.become('up')
    })
  linked('cut devices', [300, 120_000], ['silent', 'refused'])
  linked('late devices', [2_000, 20_000], ['late'])
  linked('frozen devices', [12_000, 150_000], ['frozen'], hearts)
  linked('bad values', [1_000, 120_000], ['bad'])
  periods('rebooted devices', [3_000, 15_000], (random) => {
    const plc = random.pick(all)
    if (plc.link !== 'up') return () => {}
    plc.reboot()
    plc.become('refused')
    return () => plc.link === 'refused' && plc.become('up')
  })
  periods('chatter', [2_000, 20_000], (random) => {
    const plc = random.pick(all)
    plc.chatter(true)
    return () => plc.chatter(false)
  })
  periods('unplugged scanner', [500, 20_000], () => {
    gun.unplug()
    return () => gun.plug()
  })
  periods('noise', [1_000, 30_000], () => {
    gun.isNoisy = true
    return () => {
      gun.isNoisy = false
    }
  })
}

function clocks({ computer }: Stage, often: Often): void {
  const steps = [
    -10 * YEAR_MS,
    10 * YEAR_MS,
    -86_400_000,
    86_400_000,
    -3_600_000,
    90_000,
    -90_000,
    -300,
    1_500,
    0,
    0,
  ]
  often('clock steps', [20_000, 120_000], (random) => computer.setWrongBy(random.pick(steps)))
  often('clock drift', [30_000, 120_000], (random) => computer.drift(random.pick([0.5, -0.5, 0.1])))
}
