/** What the fault of a broker means for the events that were to be published. */
import { DestinationError, type Refusal } from '../../domain/errors.ts'
import { BrokerFault } from '../../mqtt/fault.ts'

/** A fault as the uploader understands it. Anything else than a BrokerFault passes unchanged. */
export function asDestinationError(fault: unknown): unknown {
  if (!(fault instanceof BrokerFault)) return fault
  const { code, message, hint, reasonCode } = fault
  return new DestinationError(code, message, {
    refusal: refusalOf(fault),
    // The broker itself answered: it is there, and waits for somebody to mend something.
    sqlstate: reasonCode === null ? null : answerText(reasonCode),
    refusedBy: `${code} ${reasonCode}`,
    cause: fault,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** `0x87`, as manuals of brokers print it. */
function answerText(reasonCode: number): string {
  return `0x${reasonCode.toString(16).padStart(2, '0')}`
}

function refusalOf({ kind, isAboutMessage }: BrokerFault): Refusal {
  if (kind !== 'publish') return 'wait'
  return isAboutMessage ? 'row' : 'refused'
}
