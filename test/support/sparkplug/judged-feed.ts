/** A feed that speaks Sparkplug over a wire on which a judge listens, and the host for which it speaks. */
import type { TestBroker } from '../broker.ts'
import { type RunningFeed, startFeed } from '../feed.ts'
import { SparkplugJudge } from './judge.ts'
import { type SparkplugHost, startSparkplugHost } from './sparkplug-host.ts'
import { type TappedBroker, tapBroker } from './tap.ts'

export const GROUP = 'SAV-1'
export const NODE = 'edge-1'
export const HOST = 'scada'

export interface JudgedFeed extends AsyncDisposable {
  readonly judge: SparkplugJudge
  readonly wire: TappedBroker
  readonly feed: RunningFeed
  readonly host: SparkplugHost
  /** The feed and the log as one gateway after another has them. */
  startAgain(options?: FeedOptions): Promise<RunningFeed>
}

type FeedOptions = NonNullable<Parameters<typeof startFeed>[1]>

interface JudgedOptions extends FeedOptions {
  /** Whether the feed waits for the host. */
  readonly isPrimary?: boolean
  readonly version?: '3.1.1' | '5'
  readonly rebirthWithinMs?: number
}

export async function startJudgedFeed(broker: TestBroker, options: JudgedOptions = {}): Promise<JudgedFeed> {
  const {
    isPrimary = true,
    version = broker.versions.includes(5) ? '5' : '3.1.1',
    rebirthWithinMs,
    ...rest
  } = options
  const primary = isPrimary ? { primaryHost: HOST } : {}
  const judge = new SparkplugJudge({
    group: GROUP,
    node: NODE,
    nowMs: Date.now,
    ...primary,
    ...(rebirthWithinMs !== undefined && { rebirthWithinMs }),
  })
  const wire = await tapBroker(broker, judge)
  const host = await startSparkplugHost({ url: broker.url, hostId: HOST, group: GROUP, node: NODE })
  const keys = {
    version,
    format: 'sparkplug',
    sparkplug: isPrimary ? { primary_host: HOST } : {},
  }
  const start = (more: FeedOptions = {}) => startFeed(wire.url, { ...rest, ...more, keys })
  const feed = await start()
  return {
    judge,
    wire,
    host,
    feed,
    startAgain: (more) => start({ folder: feed.folder, outbox: feed.outbox, ...more }),
    [Symbol.asyncDispose]: async () => {
      await host[Symbol.asyncDispose]()
      await wire[Symbol.asyncDispose]()
    },
  }
}
