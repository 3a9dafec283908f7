/** The presets that a map may name under `preset:`. A new one is a file beside this one and a line here. */
import { euromap77, euromap84 } from './euromap.ts'
import { machineTool } from './machine-tool.ts'
import { mtconnect } from './mtconnect.ts'
import { opcuaMachinery } from './opcua-machinery.ts'
import { packmlTmc } from './packml-tmc.ts'
import { packmlTr88 } from './packml-tr88.ts'
import type { Preset } from './preset.ts'
import { semiE10 } from './semi-e10.ts'
import { weihenstephan } from './weihenstephan.ts'

/** In the order in which messages list them. */
export const PRESETS: readonly Preset[] = [
  packmlTr88,
  packmlTmc,
  opcuaMachinery,
  machineTool,
  mtconnect,
  weihenstephan,
  euromap77,
  euromap84,
  semiE10,
]
