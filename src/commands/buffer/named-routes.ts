/** Which of the routes a command is about, and what it does with each of them. */
import type { Route } from '../../domain/destination.ts'
import { DestinationError, withHint } from '../../domain/errors.ts'
import { type CommandContext, UsageError } from '../command.ts'

/** Those that are asked for: all, or the one with that name. @throws UsageError where there is none */
export function routesNamed(routes: readonly Route[], name: string | undefined): readonly Route[] {
  if (name === undefined) return routes
  const route = routes.find((one) => one.name === name)
  if (route) return [route]
  throw new UsageError(`there is no route "${name}"; there are: ${routes.map((one) => one.name).join(', ')}`)
}

/**
 * Does something with each route. Unless `isAlone` says that nothing else was asked for, one that cannot be reached is named and passed over.
 * @returns what came of it, without those that were passed over; and whether any was
 */
export async function withEach<Result>(
  routes: readonly Route[],
  { err }: Pick<CommandContext, 'err'>,
  work: (route: Route) => Promise<Result>,
  isAlone = routes.length === 1,
): Promise<{ readonly results: readonly Result[]; readonly arePassedOver: boolean }> {
  const results: Result[] = []
  for (const route of routes) {
    try {
      results.push(await work(route))
    } catch (error) {
      if (isAlone || !(error instanceof DestinationError)) throw error
      err(`${route.name}: ${withHint(error.message, error.hint)}\n`)
    }
  }
  return { results, arePassedOver: results.length < routes.length }
}
