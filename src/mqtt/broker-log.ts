/** The log, as far as a connection writes to it. */
export interface BrokerLog {
  debug(fields: object, message: string): void
  warn(fields: object, message: string): void
}
