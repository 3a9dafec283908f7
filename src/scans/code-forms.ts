/** All structured forms of one code, read once for all rules. */
import { readDigitalLink } from './codes/digital-link.ts'
import { readGs1 } from './codes/gs1.ts'
import { readEnvelope } from './codes/iso15434.ts'
import type { Payload } from './codes/payload.ts'
import type { CodeReading } from './codes/reading.ts'

/** A code, and every structured form that it has. */
export interface CodeForms {
  readonly data: string
  readonly gs1: CodeReading | null
  readonly iso15434: CodeReading | null
}

/** Reads every form that the rules can ask for. */
export function codeForms(payload: Payload): CodeForms {
  const { data } = payload
  return { data, gs1: readDigitalLink(data) ?? readGs1(payload), iso15434: readEnvelope(data) }
}
