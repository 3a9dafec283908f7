/** A press that is read over Modbus and publishes itself as well: all ways show the same, and break together. */
import type { Gate } from '../gate.ts'
import type { Panel } from '../panel.ts'
import type { Publisher } from './publisher.ts'

/** The panel of the press, and everything that publishes what it shows. */
export function publishedPanel(panel: Panel, all: readonly Publisher[]): Panel {
  return {
    ...panel,
    show: (view) => {
      panel.show(view)
      for (const one of all) one.show(view)
    },
    setCondition: (condition) => {
      panel.setCondition(condition)
      for (const one of all) one.setCondition(condition)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map(({ session }) => session[Symbol.asyncDispose]()))
      await panel[Symbol.asyncDispose]()
    },
  }
}

/** The gate of the press, and the connections to the broker: a fault of the link is one of all. */
export function publishedGate(
  gate: Pick<Gate, 'impair' | 'repair'>,
  all: readonly Publisher[],
): Pick<Gate, 'impair' | 'repair'> {
  return {
    impair: async (fault, delayMs) => {
      for (const { session } of all) {
        if (fault === 'silent') session.mute(true)
        else if (fault === 'delay') session.delay(delayMs)
        else session.cut(true)
      }
      await gate.impair(fault, delayMs)
    },
    repair: async (fault) => {
      for (const { session } of all) {
        if (fault === 'silent') session.mute(false)
        else if (fault === 'delay') session.delay(0)
        else session.cut(false)
      }
      await gate.repair(fault)
    },
  }
}
