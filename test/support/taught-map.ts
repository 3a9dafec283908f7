/** The map of a proposal, and what it makes of time that nobody has shown. */
import type { MachineMap } from '../../src/domain/machine-map.ts'
import { newMapText } from '../../src/workbench/map-text/new-map.ts'
import type { CompileProposal, Proposal } from '../../src/workbench/teach/propose.ts'
import type { TeachRecording } from '../../src/workbench/teach/recording.ts'
import { type Replayed, replay } from '../../src/workbench/teach/replay.ts'
import { mapOfText } from './compiled.ts'

const EVERY_STOP_COUNTS = { ignore_stop_below: '0s', ignore_run_below: '0s' }

export function proposalText(
  { signals, rules, others }: Parameters<CompileProposal>[0],
  more: Readonly<Record<string, unknown>> = {},
): string {
  return newMapText({
    machine: 'TAUGHT-01',
    device: { driver: 'modbus-tcp', host: '127.0.0.1', poll: '250ms' },
    signals: signals.map(({ name, keys }) => ({ name, keys })),
    status: rules,
    others: { ...others, ...more },
    isShadow: false,
  })
}

export function compileProposal(proposed: Parameters<CompileProposal>[0]): MachineMap {
  return mapOfText(proposalText(proposed, { stops: EVERY_STOP_COUNTS }))
}

/** What the rules say of another recording of the same machine. */
export function replayUnseen(proposal: Proposal, unseen: TeachRecording): readonly Replayed[] {
  const map = compileProposal(proposal)
  const uses = proposal.signals.map((use) => {
    const { watched } = use.feature
    const track = unseen.tracks.find(({ name }) => name === watched.track.name) ?? watched.track
    return { ...use, feature: { ...use.feature, watched: { ...watched, track } } }
  })
  return replay(map, uses, unseen)
}
