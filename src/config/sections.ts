/** The sections of `gateway.yaml`. Each is owned by a room: its keys, their defaults and their type stand there. */
import { bufferSection } from '../buffer/settings.ts'
import { consoleSection } from '../console/settings.ts'
import type { Section } from '../documents/section.ts'
import { plannedSection } from '../masterdata/settings.ts'
import { telemetrySection } from '../metrics/settings.ts'
import { pairSection } from '../pair/settings.ts'
import { recordingSection } from '../recording/settings.ts'
import { configurationSection } from '../releases/settings.ts'
import { mesSection } from '../routes/mes/settings.ts'
import { type LogSettings, logSchema } from '../runtime/log-settings.ts'

const logSection: Section<LogSettings> = { schema: logSchema }

/** By the key under which each stands. */
export const SECTIONS = {
  central: mesSection,
  planned: plannedSection,
  pair: pairSection,
  buffer: bufferSection,
  recording: recordingSection,
  console: consoleSection,
  telemetry: telemetrySection,
  configuration: configurationSection,
  log: logSection,
}

/** Sections by the keys under which they stand. */
export type Sections = Readonly<Record<string, Section>>

/** What the rooms are given, by the same keys. */
export type SettingsOf<All extends Sections> = {
  readonly [Name in keyof All]: All[Name] extends Section<infer _Written, infer Settings> ? Settings : never
}
