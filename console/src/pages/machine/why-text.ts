/** Why a row is as it is, in one line. */
import type { MachineRow } from '../../../../src/api/machine/row-shapes.ts'
import { whyWord } from './why-word.ts'

type WhyOfRow = Pick<MachineRow, 'reason' | 'cause' | 'unseen' | 'code'>

/** `E_STOP: fault = 101, guard = true`. */
export function whyText({ reason, cause, unseen, code }: WhyOfRow): string {
  const signals = cause.map(({ signal, value }) => `${signal} = ${String(value)}`)
  const seen = unseen ? [unseen.signal ?? unseen.device, whyWord(unseen.why), unseen.detail] : []
  const because = [...signals, ...seen, code].filter((part) => part !== null && part !== undefined).join(', ')
  return [reason, because].filter(Boolean).join(': ')
}
