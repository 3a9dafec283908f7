/** The presets that a map may name under `preset:`. A new one is a file beside this one and a line here. */
import { packmlTmc } from './packml-tmc.ts'
import { packmlTr88 } from './packml-tr88.ts'
import type { Preset } from './preset.ts'

/** In the order in which messages list them. */
export const PRESETS: readonly Preset[] = [packmlTr88, packmlTmc]
