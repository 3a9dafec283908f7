/** Topic filters of MQTT: `+` stands for one level, and `#` at the end for all that follow (MQTT 5, section 4.7). */

const LEVEL = '/'
const ONE = '+'
const REST = '#'
/** MQTT 5, section 1.5.4. */
const TOPIC_BYTES_MAX = 65_535

/** What is wrong with a filter, and what would be right; undefined where it is sound. */
export function filterFault(filter: string): { readonly what: string; readonly hint: string } | undefined {
  const levels = filter.split(LEVEL)
  if (filter === '') return { what: 'a topic has at least one character', hint: 'as in plant/press-07/state' }
  if (filter.includes('\0') || Buffer.byteLength(filter) > TOPIC_BYTES_MAX)
    return { what: 'this is no topic', hint: `no zero characters, and at most ${TOPIC_BYTES_MAX} bytes` }
  if (levels.slice(0, -1).includes(REST))
    return {
      what: '# stands for all levels that follow, and so at the end only',
      hint: 'use + for one level',
    }
  if (levels[0] === '$share') {
    const what = '$share gives each message to one of several programs, and the gateway would miss the others'
    return { what, hint: 'leave $share and the group behind it out' }
  }
  const mixed = levels.find((level) => level.length > 1 && /[+#]/.test(level))
  if (mixed === undefined) return undefined
  const wildcard = mixed.includes(REST) ? REST : ONE
  return {
    what: `${wildcard} stands for a whole level, and "${mixed}" has it within one`,
    hint: `write ${wildcard} alone between the slashes`,
  }
}

/** Whether a filter names more than one topic. */
export function hasWildcard(filter: string): boolean {
  return filter.split(LEVEL).some((level) => level === ONE || level === REST)
}

/** Whether a topic is one of those that a filter names. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split(LEVEL)
  const levels = topic.split(LEVEL)
  // Topics of the broker itself, such as $SYS, are not meant by wildcards at the beginning.
  if (topic.startsWith('$') && (wanted[0] === ONE || wanted[0] === REST)) return false
  const rest = wanted.indexOf(REST)
  const length = rest < 0 ? wanted.length : rest
  // `a/#` names `a` itself as well.
  if (rest < 0 ? levels.length !== length : levels.length < length) return false
  return wanted.slice(0, length).every((level, index) => level === ONE || level === levels[index])
}
