/**
 * A part of a benchmark in a process of its own, so that serving a load costs the measured process nothing.
 * The parent asks, the child answers, over Node's own message channel. A child never outlives its parent.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type Answers = Readonly<Record<string, (argument: never) => unknown>>

/** A child that answers the questions of `A`, each with the type of its answer. */
export interface Child<A extends Answers> extends AsyncDisposable {
  readonly pid: number
  ask<Q extends keyof A & string>(
    question: Q,
    argument: Parameters<A[Q]>[0],
  ): Promise<Awaited<ReturnType<A[Q]>>>
}

interface Question {
  readonly id: number
  readonly question: string
  readonly argument: never
}

interface Answer {
  readonly id: number
  readonly answer?: never
  readonly error?: string
}

/** Starts a file of this folder (`loads/modbus-devices.ts`) that calls {@link answer}. */
export async function launch<A extends Answers>(file: string): Promise<Child<A>> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    serialization: 'advanced',
    // What the libraries print about sessions and certificates is not shown; errors are.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, PromiseWithResolvers<never>>()
  let questions = 0
  child.on('message', (message: Answer) => {
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === undefined) asked?.resolve(message.answer as never)
    else asked?.reject(new Error(`${file}: ${message.error}`))
  })
  child.on('exit', (code) => {
    for (const asked of waiting.values()) asked.reject(new Error(`${file} ended with exit code ${code}`))
  })
  await once(child, 'spawn')
  return {
    pid: child.pid ?? 0,
    ask: (question, argument) => {
      const asked = Promise.withResolvers<never>()
      questions += 1
      waiting.set(questions, asked)
      child.send({ id: questions, question, argument })
      return asked.promise
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** The child's side: answers questions until the parent is gone. */
export function answer(answers: Answers): void {
  process.on('message', async ({ id, question, argument }: Question) => {
    try {
      process.send?.({ id, answer: await answers[question]?.(argument) })
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}
