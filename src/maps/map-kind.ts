/** What a kind of device map has to bring along: the store, the watching and the last good maps treat all kinds alike. */
import type { YamlSource } from '../documents/yaml-source.ts'
import type { Driver } from '../domain/driver.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Owner } from '../domain/owner.ts'
import type { ScannerTransport } from '../domain/scanner.ts'
import type { Acknowledgements, StationMap } from '../domain/station-map.ts'
import type { TableShelf } from './machine/reasons/reason-file.ts'
import type { ProfileShelf } from './profiles/shelf.ts'

/** What a file describes, once it is understood. A new kind of subject adds its map to this type. Data only, frozen. */
export type SubjectMap = MachineMap | StationMap

/** Whether a map is a machine's. */
export function isMachineMap(map: SubjectMap): map is MachineMap {
  return 'machine' in map
}

/** Whether a map is a scanner's. */
export function isStationMap(map: SubjectMap): map is StationMap {
  return 'scanner' in map
}

/** What maps may name, because the gateway can speak to it. */
export interface Hardware {
  readonly drivers: readonly Driver[]
  /** The kinds of ports that scanners are at. */
  readonly transports: readonly ScannerTransport[]
  /** The bytes that make a scanner of each brand beep. */
  readonly brands: Readonly<Record<string, Acknowledgements>>
}

/** What a map is compiled with, besides its own text. */
export interface MapContext extends Hardware {
  readonly profiles: ProfileShelf
  readonly tables: TableShelf
  /** Relative paths in the map begin here. */
  readonly folder: string
  /** Whether a device may be given what stands in a file. Absent: any, as for whoever writes the file of the map by hand. */
  readonly mayName?: ((file: string) => boolean) | undefined
  /** It was good for an earlier version of this program: what only the present one finds is a fault that does not take it out of force. */
  readonly isLastGood?: boolean
}

/** What comes of compiling a map. */
export interface Compiled {
  /** Undefined when the map has faults. */
  readonly map: SubjectMap | undefined
  readonly faults: readonly ConfigFault[]
  /** What is allowed and unwise. */
  readonly hints: readonly ConfigFault[]
  /** Texts of the profiles that it draws on, by name. */
  readonly profiles: Readonly<Record<string, string>>
  /** Texts of the code tables that it draws on, by the names of their files. */
  readonly tables: Readonly<Record<string, string>>
}

/** A kind of device map. */
export interface MapKind {
  /** The key at the top of a file that makes it one of this kind, and whose value names the subject: `machine: PRESS-07`. */
  readonly key: string
  readonly ownerOf: (code: string) => Owner
  /** It is only given files that are sound YAML. It throws for nothing that a file may hold. */
  readonly compile: (source: YamlSource, context: MapContext) => Compiled
}
