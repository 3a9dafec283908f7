/**
 * Loaded into a process before its program: at SIGUSR2 something is thrown where nobody catches it, as a library does in a handler
 * of a socket or in a promise that it forgets.
 */
let times = 0

process.on('SIGUSR2', () => {
  times += 1
  const error = new RangeError(`nobody catches this (${times})`)
  if (process.env.THROW_AS === 'rejection') void Promise.reject(error)
  else
    setImmediate(() => {
      throw error
    })
})
