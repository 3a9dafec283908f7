/** Makes the dashboards in packaging/grafana, so that nobody has to edit a thousand lines of JSON by hand. `--write` writes them. */
import { writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fleetPanels, fleetVariables } from './fleet.ts'
import { gatewayPanels, gatewayVariables } from './gateway.ts'
import { type Panel, placed } from './panels.ts'

/** Of Grafana 11; newer ones read it and bring it up to date. */
const SCHEMA_VERSION = 39

/** Each file with what is to be in it. */
export function dashboards(): readonly { readonly file: string; readonly text: string }[] {
  const all = [
    dashboard('millrace-fleet', 'Millrace: all gateways', fleetVariables, fleetPanels),
    dashboard('millrace-gateway', 'Millrace: one gateway', gatewayVariables, gatewayPanels),
  ]
  return all.map((one) => ({
    file: `packaging/grafana/${one.uid}.json`,
    text: `${JSON.stringify(one, null, 2)}\n`,
  }))
}

function dashboard(uid: string, title: string, variables: readonly object[], panels: readonly Panel[]) {
  const link = {
    type: 'dashboards',
    title: 'Millrace',
    tags: ['millrace'],
    asDropdown: true,
    icon: 'external link',
  }
  return {
    ...{ uid, title, tags: ['millrace'], schemaVersion: SCHEMA_VERSION, version: 1, editable: true },
    ...{ graphTooltip: 1, refresh: '30s', timezone: 'browser', weekStart: '', fiscalYearStartMonth: 0 },
    time: { from: 'now-6h', to: 'now' },
    timepicker: {},
    annotations: { list: [] },
    links: [{ ...link, url: '', tooltip: '', keepTime: true, includeVars: true, targetBlank: false }],
    templating: { list: variables },
    panels: placed(panels),
  }
}

if (argv.includes('--write')) for (const { file, text } of dashboards()) writeFileSync(file, text)
