/** What of a broker's settings can be understood, and is seldom meant. */
import type { SettingsDoubt } from '../../../domain/driver.ts'
import type { BrokerSettings } from '../../../mqtt/settings.ts'

const OWN_HOSTS = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i

export function brokerDoubts(settings: BrokerSettings): readonly SettingsDoubt[] {
  const { host, isSecure, user, passwordFile } = settings
  if (user === undefined) return []
  if (passwordFile === undefined) {
    const what = `${user} logs in with an empty password`
    return [{ key: 'user', what, hint: 'add password_file if it has one' }]
  }
  if (isSecure || OWN_HOSTS.test(host)) return []
  const what = `the password of ${user} goes to ${host} readable for everybody on the network`
  return [{ key: 'url', what, hint: 'write mqtts:// if the broker has a port for TLS, mostly 8883' }]
}
