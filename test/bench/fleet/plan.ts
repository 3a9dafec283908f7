/** Which gateways there are: plants with a number of gateways each, a machine a gateway, a login of central a plant. */

/** What a plant's gateways have in common. */
export interface PlantPlan {
  readonly organization: string
  readonly plant: string
  readonly role: string
  readonly gateways: readonly GatewayPlan[]
}

export interface GatewayPlan {
  readonly gateway: string
  readonly machine: string
}

/** How central is reached: through the pooler. */
export interface Way {
  readonly host: string
  readonly port: number
  readonly password: string
  /** PEM of who signed the pooler's certificate; absent where nothing is encrypted. */
  readonly caFile?: string
}

/** An interval of a machine that central must have exactly once, as its gateway began it. */
export interface Begun {
  readonly organization: string
  readonly machine: string
  /** UTC text of the moment at which it began. */
  readonly at: string
}

/** How a process of gateways stands. */
export interface CrewStanding {
  readonly connected: number
  /** Events that are not acknowledged. */
  readonly pending: number
  readonly stored: number
  /** From storing an event until its commit was acknowledged, in ms, since asked last. */
  readonly lagsMs: readonly number[]
  /** Transactions that moved a stream, since asked last. */
  readonly batches: number
}

/** Each plant is an organization of its own. */
export function planFleet(plants: number, gatewaysEach: number): readonly PlantPlan[] {
  return Array.from({ length: plants }, (_, plant) => ({
    organization: `ORG${plant}`,
    plant: `ORG${plant}-1`,
    role: `millrace_org${plant}`,
    gateways: Array.from({ length: gatewaysEach }, (__, gateway) => ({
      gateway: `edge-${plant}-${gateway}`,
      machine: `M-${plant}-${gateway}`,
    })),
  }))
}

/** The same plants, each with every second gateway of its own: what one of two processes runs. */
export function halfOf(plants: readonly PlantPlan[], half: 0 | 1): readonly PlantPlan[] {
  return plants.map((plant) => ({
    ...plant,
    gateways: plant.gateways.filter((_, index) => index % 2 === half),
  }))
}
