/** Where something can be done about a trouble. */
import type { TroubleOnWire } from '../../../../src/api/troubles/shapes.ts'
import { t } from '../../texts/catalogue.ts'

interface Way {
  readonly href: string
  readonly label: string
}

export function wayTo({ page, machine, device, scanner }: TroubleOnWire): Way | undefined {
  const machineName = machine ?? device
  switch (page) {
    case 'machine':
      return machineName === null
        ? undefined
        : {
            href: `/machine/${encodeURIComponent(machineName)}`,
            label: t('troubles.openMachine', { name: machineName }),
          }
    case 'scanners':
      return {
        href: scanner === null ? '/scanners' : `/scanners/${encodeURIComponent(scanner)}`,
        label: t('troubles.openScanners'),
      }
    case 'edit':
      return { href: '/edit', label: t('troubles.openEdit') }
    case 'connect':
      return { href: '/connect', label: t('troubles.openConnect') }
    case 'delivery':
      return { href: '/delivery', label: t('troubles.openDelivery') }
    case 'none':
      return undefined
  }
}
