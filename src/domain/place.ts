/** Where in the plant something stands, by the levels of ISA-95 below a site; each is said by its device map. */
export interface PlantPlace {
  readonly area?: string
  readonly line?: string
  /** The code of the machine or station itself, unless its map says otherwise. */
  readonly cell?: string
}
