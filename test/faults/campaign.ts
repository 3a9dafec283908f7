/** What every campaign of faults has in common. */

/** What a campaign is told besides how many faults it shall have. */
export interface CampaignRun {
  readonly seed: number
  /** The number of the first case, in campaigns that number theirs. */
  readonly from: number
  /** Whether its time is over. It begins nothing new then, and says how many it has played. */
  readonly isOver: () => boolean
  /** Plays as many as `--full` would, in campaigns that consist of several faults. */
  readonly isFull: boolean
  readonly wire: string | undefined
  readonly recording: string | undefined
  readonly evidence: string | undefined
  /** `buffer.max_size` of the gateway, as its configuration says it. */
  readonly size: string | undefined
  readonly minutes: number | undefined
}

/** One kind of faults that can be played for as long as somebody likes. */
export interface Campaign {
  /** The option that asks for it. */
  readonly name: string
  /** What there are so many of, and what they do; one line. */
  readonly summary: string
  /** How many, where nobody says: in a round of all campaigns, and with `--full`. 0 where it has to be asked for by name. */
  readonly usual: { readonly short: number; readonly full: number }
  /** Prints what came of it. @returns whether nothing was wrong */
  readonly play: (count: number, run: CampaignRun) => Promise<boolean> | boolean
}

/** Only played when asked for by name. */
export const WHEN_ASKED = { short: 0, full: 0 }
