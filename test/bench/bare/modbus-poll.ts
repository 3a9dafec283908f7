/** The least that reading these devices can cost with `modbus-serial`: one connection and one timer a device, no more. */
import ModbusRTU from 'modbus-serial'
import { answer } from '../child.ts'

export interface PollPlan {
  readonly ports: readonly number[]
  readonly registers: number
  readonly periodMs: number
}

/** The latest values, kept as the gateway keeps them. */
const latest: (readonly number[])[] = []

async function poll(plan: PollPlan, index: number): Promise<void> {
  const client = new ModbusRTU.default()
  client.setTimeout(1_000)
  await client.connectTCP('127.0.0.1', { port: plan.ports[index] ?? 0 })
  client.setID(1)
  const read = async (): Promise<void> => {
    const { data } = await client.readHoldingRegisters(0, plan.registers)
    latest[index] = data
  }
  const phaseMs = (plan.periodMs * index) / plan.ports.length
  setTimeout(() => {
    setInterval(read, plan.periodMs)
    void read()
  }, phaseMs)
}

const answers = {
  start: async (plan: PollPlan): Promise<void> => {
    await Promise.all(plan.ports.map((_, index) => poll(plan, index)))
  },
}

export type ModbusPoll = typeof answers

answer(answers)
