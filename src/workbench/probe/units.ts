/** Which units of a Modbus line answer: the one that was named, and where it does not, those that devices mostly have. */
import type { Driver, DriverContext } from '../../domain/driver.ts'
import { LinkLost, withHint } from '../../domain/errors.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import type { ModbusSettings } from '../../drivers/modbus/settings.ts'
import { type ProbeStep, step } from './step.ts'

interface UnitsAsked {
  readonly driver: Driver
  readonly settings: ModbusSettings
  readonly context: DriverContext
  readonly signal: AbortSignal
  readonly triesOthers: boolean
}

interface UnitsFound {
  readonly steps: readonly ProbeStep[]
  readonly units: number[]
}

/** Leave the factory with one of these, or take 255 for themselves behind a TCP port. */
const USUAL_UNITS = [1, 255, 0, 2, 3, 10, 247] as const
/** Of units that nobody has named. The named one has as long as its map gives it. */
const GUESS_MAX_MS = 1_000
/** The gateway of a serial line says with these that nobody behind it answers. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([10, 11])

type Asked =
  | { readonly kind: 'answers'; readonly said: string }
  | { readonly kind: 'nobody-behind' | 'silent'; readonly said: string; readonly hint: string | undefined }

export async function unitSteps(asked: UnitsAsked): Promise<UnitsFound> {
  const { settings } = asked
  const own = await askUnit(asked, settings.unit, settings.timeoutMs)
  if (own.kind === 'answers')
    return { units: [settings.unit], steps: [step('unit', 'good', `unit ${settings.unit} ${own.said}`)] }
  const others = asked.triesOthers ? USUAL_UNITS.filter((unit) => unit !== settings.unit) : []
  const units: number[] = []
  for (const unit of others) {
    if (asked.signal.aborted) break
    const guessMs = Math.min(settings.timeoutMs, GUESS_MAX_MS)
    if ((await askUnit(asked, unit, guessMs)).kind === 'answers') units.push(unit)
  }
  const hint =
    units.length > 0
      ? `unit ${units.join(', ')} ${units.length === 1 ? 'answers' : 'answer'}: take the one that the device's settings name`
      : own.hint
  const rest = others.length > 0 && units.length === 0 ? `, nor do ${others.join(', ')}` : ''
  return { units, steps: [step('unit', 'bad', `unit ${settings.unit}: ${own.said}${rest}`, hint)] }
}

async function askUnit(
  { driver, settings, context, signal }: UnitsAsked,
  unit: number,
  timeoutMs: number,
): Promise<Asked> {
  if (!isModbusDriver(driver)) throw new Error('no Modbus driver')
  const once = { ...settings, unit, timeoutMs, retries: 0 }
  try {
    await using reader = await driver.openUnit(`unit ${unit}`, once, context, signal)
    const answer = await reader.ask({ area: 'holding', start: 0, count: 1 }, { triesMax: 1 })
    if (answer.kind === 'data') return { kind: 'answers', said: 'answers' }
    if (answer.kind === 'refused' && NOBODY_BEHIND.has(answer.exception)) {
      const hint =
        'the converter answers, and the device behind it does not: unit id, cable, baud rate, parity'
      return {
        kind: 'nobody-behind',
        said: `exception ${answer.exception}, of the converter in between`,
        hint,
      }
    }
    if (answer.kind === 'refused')
      return {
        kind: 'answers',
        said: `answers (with exception ${answer.exception} to its first register, so it has other addresses)`,
      }
    return { kind: 'silent', said: 'does not answer', hint: answer.lost.hint }
  } catch (error) {
    if (!(error instanceof LinkLost)) throw error
    return {
      kind: 'silent',
      said: withHint(error.message.replace(/^unit \d+: /, ''), undefined),
      hint: error.hint,
    }
  }
}
