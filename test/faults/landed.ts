/** How far the one gateway has come in central. */
import type { TestCentral } from '../support/central.ts'

/** The number of its last event there; 0 before the first one. */
export async function landedSeq(central: TestCentral): Promise<number> {
  const [stream] = await central.sql<{ seq: number }>('SELECT last_seq::int AS seq FROM edge_gateway.stream')
  return stream?.seq ?? 0
}
