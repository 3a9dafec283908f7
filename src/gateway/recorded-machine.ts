/** A machine of which everything is recorded that moves it, before it is moved. */
import type { Message, Remembered, Stall, Subject, Taken, Tick } from '../domain/subject.ts'
import type { Tape } from '../recording/machine-tape.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { Snapshot } from '../recording/segment.ts'
import type { Input } from '../status/derive.ts'
import { isMachineInput, isMachineSubject, type MachineSubject } from '../status/machine-subject.ts'
import { seesTheSame } from '../status/take-over.ts'
import { atOf } from '../status/time-unknown.ts'
import { ShownByDevices } from './shown-by-devices.ts'

interface RecordedMachine extends MachineSubject {
  readonly shown: ShownByDevices
}

/** The same machine, which has just been made of what was remembered, and is recorded from now on. */
export function recordedMachine(
  subject: MachineSubject,
  remembered: Remembered,
  recorder: Recorder | undefined,
): MachineSubject {
  if (!recorder) return subject
  const { before, now } = remembered
  const isSeen = before !== undefined && isRecorded(before) && seesTheSame(before.map, subject.map)
  const shown = isSeen ? before.shown : new ShownByDevices(subject.map)
  const tape = recorder.tapeOf(subject.map)
  tape.begin(goesOn(before) ? goingOn(subject, shown) : startOf(remembered), now)

  function take(input: Message | Tick | Stall): Taken {
    if (!isMachineInput(input)) return subject.take(input)
    note(subject, { tape, shown }, input)
    const taken = subject.take(input)
    if (taken.events.length > 0) tape.hurry()
    return taken
  }

  function retire(): Taken {
    tape.retire()
    return subject.retire()
  }

  return Object.create(subject, {
    shown: { value: shown },
    take: { value: take },
    retire: { value: retire },
  }) as RecordedMachine
}

/** Whether a machine went on with what the one before it remembered, and was not made of its saved state. */
function goesOn(before: Subject | undefined): boolean {
  return before !== undefined && isMachineSubject(before) && !before.isWaiting
}

/** A machine that waits for the time has no memory yet from which a segment could go on. */
function note(
  subject: MachineSubject,
  { tape, shown }: { readonly tape: Tape; readonly shown: ShownByDevices },
  input: Input,
): void {
  const at = atOf(input)
  if (tape.wantsBeginning(at) && !subject.isWaiting) tape.begin(goingOn(subject, shown), at)
  tape.note(input)
  if (input.kind === 'reading' || input.kind === 'link') shown.take(input)
}

function startOf({ state, lastSeen, aliveAt }: Remembered): Snapshot {
  return { kind: 'start', state, lastSeen, aliveAt }
}

function goingOn({ memory }: MachineSubject, shown: ShownByDevices): Snapshot {
  return { kind: 'goes-on', memory, shown: shown.devices }
}

function isRecorded(subject: Subject): subject is RecordedMachine {
  return isMachineSubject(subject) && 'shown' in subject
}
