/** Whether what a route calls is there, takes these arguments and may be called. Pure. */
import { wordHint } from '../../../documents/nearest-word.ts'
import { type Judgement, matter } from '../../../domain/judgement.ts'
import type { CandidateFacts, RouteRoutineFacts } from './facts.ts'
import { judgeFunction } from './judge-table.ts'

/** Everything that is wrong with one call; nothing where it is as it must be. */
export function judgeRoutine(
  { schema, name, given, hasUsage, neighbours, candidates }: RouteRoutineFacts,
  { what, grants }: { readonly what: string; readonly grants: string },
): readonly Judgement[] {
  const { bad } = matter(what)
  const title = `${schema}.${name}`
  const [first] = candidates
  if (!first) {
    const near = wordHint(name, neighbours)
    return [
      bad(`there is no function or procedure ${title}`, near ?? "create it, or correct the route's file"),
    ]
  }
  const fitting = candidates.filter((one) => takes(one, given))
  const [meant, other] = fitting
  if (!meant) return [bad(...whyNot(first, title, given))]
  if (other)
    return [
      bad(
        `several routines are called ${title}, and more than one takes these arguments`,
        'name one more argument, or drop one of them',
      ),
    ]
  const closed = [
    ...(hasUsage ? [] : [`use the schema ${schema}`]),
    ...(meant.isAllowed ? [] : [`EXECUTE ${meant.title}`]),
  ]
  return [
    ...(closed.length === 0 ? [] : [bad(`the role may not ${closed.join(', ')}`, grants)]),
    ...judgeFunction(meant, 'a call', what),
  ]
}

/** The routine that is called with these arguments; undefined where none or several are. */
export function calledRoutine({ given, candidates }: RouteRoutineFacts): CandidateFacts | undefined {
  const fitting = candidates.filter((one) => takes(one, given))
  return fitting.length === 1 ? fitting[0] : undefined
}

function takes(one: CandidateFacts, given: readonly string[]): boolean {
  const names = one.inputs.map(({ name }) => name)
  return given.every((name) => names.includes(name)) && requiredOf(one).every((name) => given.includes(name))
}

function requiredOf({ inputs, defaults }: CandidateFacts): readonly string[] {
  return inputs.slice(0, inputs.length - defaults).map(({ name }) => name)
}

function whyNot(one: CandidateFacts, title: string, given: readonly string[]): readonly [string, string] {
  const names = one.inputs.map(({ name }) => name)
  const unknown = given.find((name) => !names.includes(name))
  if (unknown !== undefined)
    return [
      `${title} has no parameter "${unknown}"`,
      wordHint(unknown, names) ?? `it has: ${names.join(', ')}`,
    ]
  const lacking = requiredOf(one).filter((name) => !given.includes(name))
  return [
    `${title} needs ${lacking.map((name) => `"${name}"`).join(', ')} as well`,
    `give it under arguments in the route's file, or a DEFAULT in the routine`,
  ]
}
