/** All gateways of a plant or an organization on one page; a click on one leads to its own. */
import { lines, type Panel, row, stat, table } from './panels.ts'
import { choice, DATASOURCE_VARIABLE } from './variables.ts'

const OF = 'job=~"$job"'
const LINK = {
  title: 'This gateway',
  url: `/d/millrace-gateway?var-datasource=\${datasource}&var-job=$job&var-instance=\${__data.fields["instance"]}`,
}

export const fleetVariables = [
  DATASOURCE_VARIABLE,
  choice({ name: 'job', label: 'Job', query: 'label_values(millrace_build_info, job)', isMulti: true }),
]

export const fleetPanels: readonly Panel[] = [
  stat(
    { title: 'Gateways', description: 'That answer a scrape now.' },
    `count(millrace_build_info{${OF}}) or vector(0)`,
  ),
  stat(
    { title: 'Gone', description: 'That were there within the last day, and answer no scrape now.' },
    `sum(1 - up{${OF}}) or vector(0)`,
    1,
  ),
  stat(
    { title: 'Not healthy', description: 'Gateways with at least one trouble.' },
    `count(millrace_healthy{${OF}} == 0) or vector(0)`,
    1,
  ),
  stat(
    { title: 'Devices down', description: 'Of all gateways.' },
    `count(millrace_device_up{${OF}} == 0) or vector(0)`,
    1,
  ),
  stat(
    { title: 'In quarantine', description: 'Rows that destinations refused for themselves.' },
    `sum(millrace_route_quarantined_events{${OF}}) or vector(0)`,
    1,
  ),
  stat(
    {
      title: 'Longest lag',
      description: 'Age of the oldest event that waits for a destination which must have it.',
      unit: 's',
    },
    `max(millrace_outbox_oldest_pending_age_seconds{${OF}}) or vector(0)`,
    300,
  ),
  table(
    {
      title: 'All gateways',
      description: 'A click on its address leads to a gateway.',
      by: 'instance',
      heading: 'Gateway',
      link: LINK,
    },
    [
      { heading: 'Answers', expr: `max by (instance) (up{${OF}})` },
      { heading: 'Troubles', expr: `sum by (instance) (millrace_troubles{${OF}})` },
      { heading: 'Machines', expr: `sum by (instance) (millrace_maps{${OF}, kind="machine"})` },
      { heading: 'Devices down', expr: `sum by (instance) (1 - millrace_device_up{${OF}})` },
      {
        heading: 'Lag',
        expr: `max by (instance) (millrace_outbox_oldest_pending_age_seconds{${OF}})`,
        unit: 's',
      },
      { heading: 'Waiting events', expr: `max by (instance) (millrace_outbox_pending_events{${OF}})` },
      { heading: 'Quarantine', expr: `sum by (instance) (millrace_route_quarantined_events{${OF}})` },
      {
        heading: 'Clock offset',
        expr: `max by (instance) (abs(millrace_route_clock_offset_seconds{${OF}}))`,
        unit: 's',
      },
      {
        heading: 'First certificate ends in',
        expr: `min by (instance) (millrace_certificate_expiry_timestamp_seconds{${OF}}) - time()`,
        unit: 's',
      },
      {
        heading: 'Written a day',
        expr: `max by (instance) (millrace_disk_written_day_bytes{${OF}})`,
        unit: 'bytes',
      },
      {
        heading: 'Up since',
        expr: `time() - max by (instance) (millrace_start_timestamp_seconds{${OF}})`,
        unit: 's',
      },
    ],
  ),
  table(
    {
      title: 'Versions',
      description: 'How many gateways run which.',
      by: 'version',
      heading: 'Version',
      width: 8,
    },
    [{ heading: 'Gateways', expr: `count by (version) (millrace_build_info{${OF}})` }],
  ),
  lines(
    { title: 'Troubles', description: 'By their code, over all gateways.', width: 16 },
    { expr: `sum by (code) (millrace_troubles{${OF}})`, legend: '{{code}}' },
  ),
  row('Delivery'),
  lines(
    { title: 'Lag', description: 'The ten with the longest.', unit: 's' },
    {
      expr: `topk(10, max by (instance) (millrace_outbox_oldest_pending_age_seconds{${OF}}))`,
      legend: '{{instance}}',
    },
  ),
  lines(
    { title: 'Events a second', description: 'That are stored, and that land.', unit: 'cps' },
    { expr: `sum(rate(millrace_outbox_events_total{${OF}}[$__rate_interval]))`, legend: 'stored' },
    {
      expr: `sum by (route) (rate(millrace_route_events_total{${OF}}[$__rate_interval]))`,
      legend: '{{route}}',
    },
  ),
]
