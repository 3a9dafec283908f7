/** A teach-in and its proposal as they go over the wire. */
import type { TeachRecorder } from '../../workbench/recorder/recorder.ts'
import type { Proposal } from '../../workbench/teach/propose.ts'
import type { TeachRecording } from '../../workbench/teach/recording.ts'
import { shownText } from './reading.ts'
import type { DeviceKeys, WireMapValue } from './shapes.ts'
import type { TeachLive, TeachProposal, TeachSession } from './teach-shapes.ts'

/** One teach-in. */
export interface Teaching {
  readonly recorder: TeachRecorder
  readonly leftOut: number
  readonly device: DeviceKeys
  /** Of which recorded signal each one of a proposal was made. */
  readonly sources: Map<string, string>
}

const VALUES_SHOWN = 100

export function sessionOnWire(teach: string, { recorder, leftOut }: Teaching): TeachSession {
  const { state, error = null, remark = null } = recorder.link()
  const now = recorder.nowMs()
  return {
    teach,
    link: { state, error: error ?? null, remark: remark ?? null },
    signals: recorder.size,
    left_out: leftOut,
    every_ms: recorder.everyMs,
    phases: recorder
      .phases()
      .map(({ phase, label, is, reason = null, fromMs, toMs, isOver, readings, doubt = null }) => ({
        phase,
        label,
        status: is,
        reason,
        recorded_s: Math.round((Math.min(now, toMs) - fromMs) / 100) / 10,
        left_s: isOver ? null : Math.round((toMs - now) / 100) / 10,
        readings,
        doubt,
      })),
  }
}

/** Those that were named first, and of the others those that have changed, the latest first. */
export function liveOnWire(teach: string, teaching: Teaching): TeachLive {
  const { recorder } = teaching
  const now = recorder.nowMs()
  const values = recorder
    .shown()
    .filter(({ signal, changes }) => signal.isNamed || changes > 0)
    .toSorted((a, b) => Number(b.signal.isNamed) - Number(a.signal.isNamed) || b.sinceMs - a.sinceMs)
    .slice(0, VALUES_SHOWN)
    .map(({ signal, value, quality, sinceMs, changes }) => ({
      signal: signal.spec.name,
      address: signal.address,
      shown: value === null ? '' : shownText(value),
      quality,
      age_s: Math.max(0, Math.round((now - sinceMs) / 100) / 10),
      changes,
      is_named: signal.isNamed,
    }))
  return { ...sessionOnWire(teach, teaching), values }
}

export function proposalOnWire(proposal: Proposal, { phases }: TeachRecording): TeachProposal {
  const byNumber = new Map(phases.map((phase) => [phase.phase, phase]))
  return {
    confidence: proposal.confidence,
    said: proposal.said,
    signals: proposal.signals.map(({ name, keys, feature }) => ({
      name,
      keys: keys as Record<string, WireMapValue>,
      ...(feature.watched.track.isNamed ? {} : { about: 'found by teach-in' }),
    })),
    status: proposal.rules.map(({ when, is, reason, category, for: lasting, about }) => ({
      ...(when !== undefined && { when }),
      is,
      ...(reason !== undefined && { reason }),
      ...(category !== undefined && { category }),
      ...(lasting !== undefined && { for: lasting }),
      ...(about !== undefined && { about }),
    })),
    others: { ...proposal.others },
    phases: proposal.phases.map(({ phase, because, confidence, alternatives, replayed }) => ({
      phase,
      label: byNumber.get(phase)?.label ?? '',
      status: byNumber.get(phase)?.is ?? 'idle',
      because,
      confidence,
      alternatives: [...alternatives],
      replayed,
    })),
    alike: proposal.alike.map(({ phases: both, said, tryNext }) => ({
      phases: [...both],
      said,
      try_next: tryNext,
    })),
    remarks: proposal.remarks.map(({ signal, what, said, proposed }) => ({
      signal,
      what,
      said,
      proposed: proposed ? { name: signal, keys: proposed as Record<string, WireMapValue> } : null,
    })),
    advice: [...proposal.advice],
  }
}
