/** Records a run of the gateway in the audit trail: its version, its configuration, and how it ended. */
import { resolve } from 'node:path'
import { AuditTrail } from '../audit-trail/audit-trail.ts'
import type { RunBegun } from '../audit-trail/messages.ts'
import type { Config } from '../config/config.ts'
import { isRecord } from '../documents/draft.ts'
import { readYamlFile } from '../documents/yaml-source.ts'
import type { StopBudget } from '../runtime/budget.ts'
import type { CalledThread } from '../runtime/thread-link.ts'
import { auditedLog } from './audited-log.ts'
import type { World } from './world.ts'

/**
 * Runs a gateway with a trail of its own: its start stands there before anything else, and its end after everything else.
 * @param thread for the file of the trail
 * @param run with a log of which the trail takes what it records
 */
export async function recordRun(
  config: Config,
  world: World,
  { budget, thread }: { readonly budget: StopBudget; readonly thread: CalledThread },
  run: (world: World, trail: AuditTrail) => Promise<void>,
): Promise<void> {
  const trail = new AuditTrail({ ...world, dataFolder: config.dataFolder, thread })
  await using _closing = budget.atEnd('log file', async () => trail[Symbol.asyncDispose]())
  trail.begin(runOf(config, world))
  const failure = await endOf(async () => {
    using log = auditedLog(world.log, trail, world.clock)
    await run({ ...world, log }, trail)
  }, budget)
  trail.end(failure && textOf(failure.error))
  if (failure) throw failure.error
}

async function endOf(
  run: () => Promise<void>,
  { signal }: StopBudget,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    // What was given up for the stop is no failure.
    return signal.aborted && error === signal.reason ? undefined : { error }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** No secret stands in `gateway.yaml` itself; of its values the trail keeps hashes all the same. */
function runOf(
  { file, gateway }: Config,
  { cwd, version, bootId }: World,
): Omit<RunBegun, 'atMs' | 'hasLasted'> {
  const { value } = readYamlFile(resolve(cwd, file), cwd)
  return { version, configuration: flat(value), details: JSON.stringify({ gateway, bootId }) }
}

/** The keys that have a value, by their paths: `central.url`. */
function flat(value: unknown, path: readonly string[] = []): Readonly<Record<string, string>> {
  if (!isRecord(value)) return path.length === 0 ? {} : { [path.join('.')]: JSON.stringify(value) ?? '' }
  return Object.assign({}, ...Object.entries(value).map(([key, inside]) => flat(inside, [...path, key])))
}
