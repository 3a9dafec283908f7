/**
 * The console: pages for people, the API under them, and the health endpoint; on loopback unless configured otherwise.
 *
 * Where the configured port cannot be had, it listens on any other one of this computer, says so, and moves back once it can.
 * Where it listens stands in the data folder; a disk on which that cannot be written keeps it from nothing.
 */
import type { Trouble } from '../domain/health.ts'
import type { Service } from '../runtime/service.ts'
import { within } from '../runtime/within.ts'
import { ConsoleAccess } from './access/access.ts'
import type { ConsoleApi } from './endpoint.ts'
import type { ConsolePort, PortParts } from './port.ts'
import type { StatusReport } from './report.ts'

/** How often it is looked whether somebody else has changed the users. */
const USERS_LOOK_MS = 1_000
/** So long the first reading of the users may keep the console from listening. */
const FIRST_LOOK_MAX_MS = 2_000

interface ConsoleParts extends Omit<PortParts, 'access' | 'api'> {
  /** What the rest of the gateway has to say, once somebody asks; the report names what is wrong with the console as well. */
  readonly api: (report: () => Promise<StatusReport>) => ConsoleApi | Promise<ConsoleApi>
}

/** The service, and what is wrong with it: the report names that too. */
interface ConsoleService extends Service {
  readonly troubles: readonly Trouble[]
}

/** Listens while it runs. */
export function createConsole(parts: ConsoleParts): ConsoleService {
  let port: ConsolePort | undefined
  return {
    name: 'console',
    get troubles() {
      return port?.troubles ?? []
    },
    run: async (stopped) => {
      const over = new AbortController()
      const signal = AbortSignal.any([stopped, over.signal])
      const access = new ConsoleAccess(parts)
      const report = () => parts.report(port?.troubles ?? [])
      const look = (maxMs?: number) => {
        const bounds = { clock: parts.clock, signal, ...(maxMs !== undefined && { maxMs }) }
        return within(access.look(), bounds, () => undefined)
      }
      const followUsers = async () => {
        await parts.clock.sleep(USERS_LOOK_MS, signal)
        await look()
      }
      try {
        // Whoever calls first is answered by the list of users, unless the disk hangs.
        await look(FIRST_LOOK_MAX_MS)
        // Loaded only now: the first machine is asked before that.
        const { ConsolePort } = await import('./port.ts')
        const own = new ConsolePort({ ...parts, access, api: async () => await parts.api(report) })
        port = own
        await Promise.all([repeat(followUsers, signal), repeat(() => own.look(signal), signal)])
      } finally {
        over.abort()
        port?.close()
      }
    },
  }
}

async function repeat(step: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await step()
}
