/**
 * What routes may know of the plant: where machines and stations stand, and what each machine shows now. Of a machine in shadow they
 * know nothing.
 */
import { machineOwner, type Owner } from '../domain/owner.ts'
import type { PlantPlace } from '../domain/place.ts'
import type { Pipeline } from '../pipeline.ts'
import type { RouteContext } from '../routes/route-kind.ts'
import { isStationSubject } from '../scans/station-subject.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import { isUnwritten } from '../status/shadow-subject.ts'

/** The plant at the moment of the question. */
type PlantView = Pick<RouteContext, 'placeOf' | 'standings' | 'stations'>

/** The subjects are asked whenever something is. */
export function plantView(pipeline: Pick<Pipeline, 'subjectOf' | 'subjects'>): PlantView {
  return {
    placeOf: (owner) => placeOf(owner, pipeline),
    standings: (of) =>
      pipeline.subjects
        .filter(isMachineSubject)
        .filter((machine) => !isUnwritten(machine))
        .filter(({ owner }) => of === undefined || of.has(owner))
        .map((machine) => machine.health().summary),
    stations: () => pipeline.subjects.filter(isStationSubject).map(({ owner }) => owner),
  }
}

/** Of one that is not in force, and of one whose map says nothing. */
const NOWHERE: PlantPlace = {}

/** A station whose map names no place stands where its machine does, and is a cell of its own there. */
function placeOf(owner: Owner, pipeline: Pick<Pipeline, 'subjectOf'>): PlantPlace {
  const subject = pipeline.subjectOf(owner)
  if (!subject) return NOWHERE
  if (isMachineSubject(subject)) return subject.map.place ?? NOWHERE
  if (!isStationSubject(subject)) return NOWHERE
  const { place, station } = subject.map
  if (place || station.machine === null) return place ?? NOWHERE
  const { cell: _, ...around } = placeOf(machineOwner(station.machine), pipeline)
  return around
}
